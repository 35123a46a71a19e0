import type { SourceItem, Source } from '../../runtime/ingest.js'
import { readLines, type ReadLinesOptions } from '../files/lines.js'
import { type EnvelopeSettings, lineItem, readObject } from './envelope.js'
import { basename } from 'node:path'
import { flatFormat } from '../../domain/formats/index.js'
import { isFlatMessage } from '../../domain/oasst/assemble.js'
import { fileDigest, repeatable } from '../files/spool.js'
import { flatItems } from './flat-items.js'

/**
 * The items of a file with a record a line; an item's position is its line's, from 0.
 * @throws STEERFLOW_INPUT_TORN after what came before the damage.
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

/** How a source is read, and what its envelopes have in common: a source taken in for one purpose is another than the whole. */
export type SourceOptions = ReadLinesOptions & Omit<EnvelopeSettings, 'source'>

/** What the envelopes of a source have in common, but for its digest. */
export const envelopeOf = ({ format, formats, split, only }: SourceOptions): Omit<EnvelopeSettings, 'source'> => ({
  format,
  formats,
  split,
  only,
})

/** A source that may hold a copy of its input, which `close` removes. */
export interface OpenSource extends Source {
  close(): Promise<void>
}

/** Lines looked at to find out whether a file has a message a line. */
const linesTried = 100

/**
 * Opens a file of JSON lines (gzip expanded), or standard input for `-`, for ingest. Its items can be read again and come
 * at the same positions.
 * @throws STEERFLOW_INPUT_NOT_FOUND
 */
export async function openSource(input: string, options: SourceOptions = {}): Promise<OpenSource> {
  const local = await repeatable(input)
  try {
    const source = await fileDigest(local.path)
    const isFlat = options.format === undefined ? await looksFlat(local.path, options) : options.format === flatFormat
    const settings: EnvelopeSettings = { source, ...envelopeOf(options) }
    return {
      name: input === '-' ? 'standard input' : basename(input),
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

/** Whether the first line that can be read at all is a message of a tree. */
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
          // Not a record: the next line may be one. The line is reported when the items are read.
        }
      }
    }
  } catch {
    // A damage is reported when the items are read, after what comes before it.
  }
  return false
}
