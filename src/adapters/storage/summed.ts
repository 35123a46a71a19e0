import { join } from 'node:path'
import { sha256 } from '../../domain/digest.js'
import { writeDurably } from './durable.js'

/** Writes texts into a folder, then `SHA256SUMS` with their digests and those of existing files. */
export async function writeWithSums(
  folder: string,
  texts: Readonly<Record<string, string>>,
  files: readonly { readonly path: string; readonly sha256: string }[],
): Promise<void> {
  const sums = [...Object.entries(texts).map(([path, text]) => ({ path, sha256: sha256(text) })), ...files]
  for (const [name, text] of Object.entries(texts)) await writeDurably(join(folder, name), text)
  await writeDurably(join(folder, 'SHA256SUMS'), sums.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join(''))
}
