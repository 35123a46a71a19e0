import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { readBytes } from '../../adapters/files/bytes.js'
import { openWriter } from '../../adapters/files/writer.js'
import { keepWholeLines } from './whole-lines.js'

/** The output file of a running command. */
export interface GrowingOutput {
  /** File with the lines: the output itself, or a plain file beside a compressed output. */
  readonly path: string
  /** Brings the output into its final form. */
  finish(): Promise<void>
}

const growingPath = (output: string): string => (output.endsWith('.gz') ? `${output}.partial` : output)

/** True if an earlier run left an output, finished or not. */
export const outputExists = (output: string): boolean => existsSync(growingPath(output)) || existsSync(output)

/**
 * Opens the output of an earlier run, cut to whole lines, or an empty file. A compressed output grows as plain text beside
 * its final name, since a torn gzip file cannot be continued.
 */
export async function openOutput(output: string): Promise<GrowingOutput> {
  const compressed = output.endsWith('.gz')
  const path = growingPath(output)
  if (existsSync(path)) await keepWholeLines(path)
  else if (existsSync(output)) await copy(output, path)
  else await openWriter(path, { mode: 'append' }).then(writer => writer.close())
  return {
    path,
    finish: async () => {
      if (!compressed) return
      await copy(path, output)
      await rm(path)
    },
  }
}

/** Copies a file, compressing or expanding it as the names say. The copy appears atomically. */
async function copy(from: string, to: string): Promise<void> {
  const writer = await openWriter(to)
  for await (const chunk of readBytes(from)) await writer.write(chunk)
  await writer.close()
}
