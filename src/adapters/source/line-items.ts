import { type SourceItem } from '../../runtime/ingest.js'
import { readLines, type ReadLinesOptions } from '../files/lines.js'
import { type EnvelopeSettings, readObject, recordItem, rejectItem } from './envelope.js'

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
    for (const line of batch) {
      const position = line.number - 1
      let item: SourceItem
      try {
        item = recordItem(position, line.number, readObject(line), settings)
      } catch (thrown) {
        item = rejectItem(position, [line], thrown)
      }
      yield item
    }
  }
}
