import type { ByteSink } from '../../../domain/byte-sink.js'
import type { Split } from '../../../domain/conversation.js'
import type { VersionTicket } from './tree-versions.js'

/** A record on its way to its place in a snapshot. */
export interface PlacedLine {
  readonly id: string
  readonly tree: string
  /** Which version of its tree it belongs to; null where source records are not whole trees. */
  readonly version: VersionTicket | null
  /** Where it stands among all records, in the order of the log. */
  readonly sequence: number
  readonly split: Split
  /** Its line, without the line end. */
  readonly line: Buffer
}

/** By id; of equal ids by tree, and within a tree the last in the log first. */
export const byPlace = (a: PlacedLine, b: PlacedLine): number =>
  compare(a.id, b.id) || compare(a.tree, b.tree) || b.sequence - a.sequence

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Numbers before a stored record: the bytes of id, tree and line, then version, place and split. */
const headerNumbers = 7
const headerBytes = 8 * headerNumbers

/** Adds a record as it lies in a file between two passes. */
export function pack({ id, tree, version, sequence, split, line }: PlacedLine, to: ByteSink): void {
  const lengths = [Buffer.byteLength(id), Buffer.byteLength(tree), line.byteLength]
  to.numbers([...lengths, version?.tree ?? 0, version?.turn ?? 0, sequence, split === 'train' ? 0 : 1])
  to.text(id)
  to.text(tree)
  to.add(line, 0, line.byteLength)
}

/** The records that lie whole in these bytes, and how many bytes they take; their lines are parts of the bytes. */
export function unpack(bytes: Buffer): { readonly records: readonly PlacedLine[]; readonly taken: number } {
  const records: PlacedLine[] = []
  let at = 0
  while (at + headerBytes <= bytes.byteLength) {
    const number = (index: number): number => bytes.readDoubleLE(at + 8 * index)
    const tree = at + headerBytes + number(0)
    const line = tree + number(1)
    const end = line + number(2)
    if (end > bytes.byteLength) break
    records.push({
      id: bytes.toString('utf8', at + headerBytes, tree),
      tree: bytes.toString('utf8', tree, line),
      version: number(3) === 0 ? null : { tree: number(3), turn: number(4) },
      sequence: number(5),
      split: number(6) === 0 ? 'train' : 'validation',
      line: bytes.subarray(line, end),
    })
    at = end
  }
  return { records, taken: at }
}
