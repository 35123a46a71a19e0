import { isUtf8 } from 'node:buffer'
import { decodeUtf8 } from '../../adapters/files/utf8.js'
import type { ByteSink } from '../../domain/byte-sink.js'
import { SteerflowError } from '../../domain/errors.js'
import type { FanoutBounds } from '../../domain/fanout.js'
import { parseExactly, parseJson } from '../../domain/json/json.js'
import { type LineSettings, pathWriter, spellTree } from '../../domain/oasst/lines.js'
import { quickReader } from '../../domain/oasst/quick.js'
import { SpelledTree } from '../../domain/oasst/spelled.js'
import { readTree, type Tree } from '../../domain/oasst/tree.js'
import type { Message } from '../../domain/oasst/turn.js'

/** Result of an input line. */
export interface Converted {
  readonly records: number
  /** Languages in the tree, even if it gives no conversation; valid until the next line. */
  readonly langs: ReadonlySet<string>
}

/**
 * Makes a function that converts a line, a message tree as JSON, and appends the original's bytes to a sink, one line per
 * conversation. It throws STEERFLOW_INPUT_JSON, STEERFLOW_SOURCE_INVALID and STEERFLOW_FANOUT, the first two where the
 * original crashes.
 */
export function treeConverter(
  settings: LineSettings,
  bounds: FanoutBounds,
): (line: Buffer, out: ByteSink) => Converted {
  const write = pathWriter(settings)
  const quick = quickReader(settings.recipe, bounds)
  const tree = new SpelledTree()
  return (line, out) => {
    if (!isUtf8(line) || !quick(line, tree)) spellTree(slowly(decodeUtf8(line), settings, bounds), tree)
    write(tree, out)
    return { records: tree.leaves.length, langs: tree.langs }
  }
}

/** Reads a tree in any form that the original accepts. */
function slowly(text: string, { recipe }: LineSettings, bounds: FanoutBounds): Tree {
  const read = (record: unknown): Tree => {
    if (typeof record === 'object' && record !== null && !Array.isArray(record))
      return readTree(record as Message, recipe, bounds)
    throw new SteerflowError('STEERFLOW_SOURCE_INVALID', 'a JSON object is required')
  }
  const rounded = read(parseJson(text))
  return rounded.nodes.some(({ turn }) => longNumber.test(turn.label ?? '')) ? read(parseExactly(text)) : rounded
}

/** A number of points that a double may have rounded; only then are all digits of the input needed. */
const longNumber = /[0-9]{16}/
