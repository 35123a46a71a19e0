import { open, type FileHandle } from 'node:fs/promises'
import { SteerflowError } from '../../domain/errors.js'
import { assembleTree, isFlatMessage } from '../../domain/oasst/assemble.js'
import type { SourceItem } from '../../runtime/ingest.js'
import { readLines, type ReadLinesOptions } from '../files/lines.js'
import type { FullLine, LongLine } from '../files/splitter.js'
import { seekable } from '../files/spool.js'
import { type EnvelopeSettings, readObject, recordItem, rejectItem } from './envelope.js'

/** Position of a message's line in the file. */
interface Spot {
  readonly number: number
  readonly offset: number
  readonly length: number
}

/** The lines of a tree, or a line without a tree and why, in the order of their first lines. */
type Unit =
  | { readonly kind: 'tree'; readonly spots: Spot[] }
  | { readonly kind: 'reject'; readonly line: Spot | LongLine; readonly error: unknown }

/**
 * The items of a file with one message per line: trees, assembled whatever the order of their messages. The file is read
 * twice, first to find each tree's messages; memory holds positions, never texts. A tree's position is that of its first
 * line, from 0.
 * @throws STEERFLOW_INPUT_TORN before any item
 */
export async function* flatItems(
  path: string,
  settings: EnvelopeSettings,
  options: ReadLinesOptions,
): AsyncGenerator<SourceItem> {
  const local = await seekable(path, options)
  try {
    const units = await indexTrees(local.path, options)
    const file = await open(local.path)
    try {
      for (const unit of units) {
        if (unit.kind === 'tree') yield await treeItem(file, unit.spots, settings)
        else {
          const line = 'kind' in unit.line ? unit.line : await readLine(file, unit.line)
          yield rejectItem(line.number - 1, [line], unit.error)
        }
      }
    } finally {
      await file.close()
    }
  } finally {
    await local.dispose()
  }
}

async function indexTrees(path: string, options: ReadLinesOptions): Promise<readonly Unit[]> {
  const units: Unit[] = []
  const trees = new Map<string, Spot[]>()
  for await (const batch of readLines(path, options)) {
    for (const line of batch) {
      try {
        const { record } = readObject(line)
        if (line.kind !== 'line' || !isFlatMessage(record))
          throw new SteerflowError('STEERFLOW_INPUT_FORMAT', 'not a message of a tree, as the first lines are')
        const id = record['message_tree_id'] as string
        const spots = trees.get(id) ?? []
        if (spots.length === 0) {
          trees.set(id, spots)
          units.push({ kind: 'tree', spots })
        }
        spots.push(spotOf(line))
      } catch (error) {
        units.push({ kind: 'reject', line: line.kind === 'line' ? spotOf(line) : line, error })
      }
    }
  }
  return units
}

const spotOf = ({ number, offset, bytes }: FullLine): Spot => ({ number, offset, length: bytes.length })

async function readLine(file: FileHandle, { number, offset, length }: Spot): Promise<FullLine> {
  const { buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, offset)
  return { kind: 'line', number, offset, bytes: buffer }
}

async function treeItem(file: FileHandle, spots: readonly Spot[], settings: EnvelopeSettings): Promise<SourceItem> {
  const first = spots[0]!
  const lines: FullLine[] = []
  for (const spot of spots) lines.push(await readLine(file, spot))
  try {
    const text = assembleTree(lines.map(line => readObject(line).record))
    const record = { message_tree_id: readObject(lines[0]!).record['message_tree_id'] }
    return recordItem(first.number - 1, first.number, { text, record }, { ...settings, format: 'oasst-tree' })
  } catch (thrown) {
    return rejectItem(first.number - 1, lines, thrown)
  }
}
