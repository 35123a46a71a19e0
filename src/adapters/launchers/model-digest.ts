import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../domain/digest.js'
import { type TrainerResult } from '../../trainers/trainer.js'
import { fileDigest } from '../files/spool.js'

/**
 * The digest of a model: of a file, its sha256; of a folder, that of the list of its files as `sha256sum` prints it, by
 * name. Files that do not make the model (logs, states of the optimizer) do not count.
 * @throws where a file is missing.
 */
export async function modelDigest(path: string, files: TrainerResult['files']): Promise<string> {
  if (files === undefined) return fileDigest(path)
  const entries = await readdir(path, { withFileTypes: true })
  const names = entries.filter(entry => !entry.isDirectory()).map(({ name }) => name)
  const missing = files.required.find(pattern => !names.some(matching(pattern)))
  if (missing !== undefined) throw new Error(`there is no ${missing} in it`)
  const patterns = [...files.required, ...files.optional].map(matching)
  const lines: string[] = []
  for (const name of names.filter(name => patterns.some(matches => matches(name))).sort()) {
    lines.push(`${await fileDigest(join(path, name))}  ${name}\n`)
  }
  return sha256(lines.join(''))
}

/** Whether a name fits a pattern in which `*` stands for any characters. */
const matching = (pattern: string): ((name: string) => boolean) => {
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${parts.join('.*')}$`)
  return name => expression.test(name)
}
