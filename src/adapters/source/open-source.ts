import type { SourceItem, Source } from '../../runtime/ingest.js'
import { readLines, type ReadLinesOptions } from '../files/lines.js'
import { type EnvelopeSettings, lineItem, readObject } from './envelope.js'
import { basename } from 'node:path'
import { flatFormat } from '../../domain/formats/index.js'
import { isFlatMessage } from '../../domain/oasst/assemble.js'
import { fileDigest, repeatable } from '../files/spool.js'
import { flatItems } from './flat-items.js'

/**
 * The items of a file with one record per line; an item's position is its line's, from 0.
 * @throws STEERFLOW_INPUT_TORN after the items before the damage
 */
export async function* lineItems(
  path: string,
  settings: EnvelopeSettings,
  options: ReadLinesOptions,
): AsyncGenerator<SourceItem> {
  for await (const batch of readLines(path, options)) {
    for (const line of batch) yield lineItem(line, settings)
  }
}

/**
 * How to read a source, and the common fields of its envelopes. A source ingested for one purpose counts as another source
 * than the whole.
 */
export type SourceOptions = ReadLinesOptions & Omit<EnvelopeSettings, 'source'>

/** The common fields of a source's envelopes, except its digest. */
export const envelopeOf = ({ format, formats, split, only, map }: SourceOptions): Omit<EnvelopeSettings, 'source'> => ({
  format,
  formats,
  split,
  only,
  map,
})

/** A source that may have a copy of its input, which `close` removes. */
export interface OpenSource extends Source {
  close(): Promise<void>
}

/** Lines to examine to detect a file with one message per line. */
const linesTried = 100

/** Name of an input in messages: that of its file, and the whole path of a device or pipe, whose last part is a number. */
export function inputName(input: string): string {
  if (input === '-') return 'standard input'
  return /^\/(?:dev|proc)\//.test(input) ? input : basename(input)
}

/**
 * Opens a file of JSON lines (gzip is decompressed), or standard input for `-`, for ingest. Its items can be read again and
 * keep their positions.
 * @throws STEERFLOW_INPUT_NOT_FOUND
 */
export async function openSource(input: string, options: SourceOptions = {}): Promise<OpenSource> {
  const local = await repeatable(input)
  try {
    const source = await fileDigest(local.path)
    const isFlat = options.format === undefined ? await looksFlat(local.path, options) : options.format === flatFormat
    const settings: EnvelopeSettings = { source, ...envelopeOf(options) }
    return {
      name: inputName(input),
      lineage: source,
      digest: options.only === undefined ? source : `${source}-${options.only}`,
      items: () => (isFlat ? flatItems : lineItems)(local.path, settings, options),
      close: () => local.dispose(),
    }
  } catch (error) {
    await local.dispose()
    throw error
  }
}

/** True if the first readable line is a message of a tree. */
export async function looksFlat(path: string, options: ReadLinesOptions): Promise<boolean> {
  const { onRead: _, ...quiet } = options
  let tried = 0
  try {
    for await (const batch of readLines(path, quiet)) {
      for (const line of batch) {
        if (++tried > linesTried) return false
        try {
          return isFlatMessage(readObject(line).record)
        } catch {
          // Not a record, but the next line may be one. The line is reported when the items are read.
        }
      }
    }
  } catch {
    // Damage is reported when the items are read, after the items before it.
  }
  return false
}
