import type { ByteSink } from '../../../domain/byte-sink.js'
import type { Split } from '../../../domain/conversation.js'
import type { VersionTicket } from './tree-versions.js'

/** A record during sorting. */
export interface PlacedLine {
  readonly id: string
  readonly tree: string
  /** The version of its tree; null if source records are not whole trees. */
  readonly version: VersionTicket | null
  /** Its position among all records, in log order. */
  readonly sequence: number
  readonly split: Split
  /** Its line, without the line end. */
  readonly line: Buffer
}

/** Order by id; for equal ids by tree, and within a tree the last in the log first. */
export const byPlace = (a: PlacedLine, b: PlacedLine): number =>
  compare(a.id, b.id) || compare(a.tree, b.tree) || b.sequence - a.sequence

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Numbers before a stored record: the lengths of id, tree and line in bytes, then version, position and split. */
const headerNumbers = 7
const headerBytes = 8 * headerNumbers

/** Serialises a record for a file between two passes. */
export function pack({ id, tree, version, sequence, split, line }: PlacedLine, to: ByteSink): void {
  const lengths = [Buffer.byteLength(id), Buffer.byteLength(tree), line.byteLength]
  to.numbers([...lengths, version?.tree ?? 0, version?.turn ?? 0, sequence, split === 'train' ? 0 : 1])
  to.text(id)
  to.text(tree)
  to.add(line, 0, line.byteLength)
}

/**
 * Parses the complete records in these bytes, and returns the number of bytes that they take; their lines share the memory.
 */
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
