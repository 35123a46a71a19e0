import { basename } from 'node:path'
import { Recognition, type KnownSource } from '../../runtime/beginnings.js'
import { readLines, type ReadLinesOptions } from '../files/lines.js'
import { fileDigest } from '../files/spool.js'
import { envelopeOf, looksFlat, type SourceOptions } from './open-source.js'
import { bytesOf, type OpenStream, streamLine } from './stream-lines.js'

/**
 * A file of JSON lines (gzip is decompressed), read like a stream. Nothing is spooled, since the file can be read again.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_INPUT_TORN
 */
export async function openLines(path: string, options: SourceOptions): Promise<OpenStream> {
  const settings = envelopeOf(options)
  let kept = 0
  const batches = async function* () {
    for await (const lines of readLines(path, options)) yield lines.map(line => streamLine(line, settings))
  }
  return {
    name: basename(path),
    lineage: () => fileDigest(path),
    flat: options.format === undefined && (await looksFlat(path, options)),
    batches,
    keep: async lines => void (kept += lines.length),
    async *kept() {
      let left = kept
      for await (const lines of batches()) {
        yield lines.slice(0, left)
        left -= lines.length
        if (left <= 0) return
      }
    },
    copied: async () => path,
    close: async () => undefined,
  }
}

/**
 * The digest by which a file's records name their source: its sha256, or that of an earlier state of a grown file.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_INPUT_TORN
 */
export async function lineageOf(
  path: string,
  known: readonly KnownSource[],
  options: ReadLinesOptions,
): Promise<string> {
  const digest = await fileDigest(path)
  if (known.some(({ source }) => source === digest)) return digest
  const recognition = new Recognition(known)
  for await (const lines of readLines(path, options)) for (const line of lines) recognition.add(bytesOf(line))
  return (recognition.best ?? recognition.earlier)?.source ?? digest
}
