import { type Split } from '../../../domain/conversation.js'
import { type VersionTicket } from './tree-versions.js'

/** A record on its way to its place in a snapshot. */
export interface Placed {
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
export const byPlace = (a: Placed, b: Placed): number =>
  compare(a.id, b.id) || compare(a.tree, b.tree) || b.sequence - a.sequence

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Lengths of the parts of a stored record: all that is not its line, as JSON, and its line. */
const headerBytes = 8

/** A record as it lies in a file between two passes. */
export function pack({ line, ...rest }: Placed): readonly Buffer[] {
  const { id, tree, version, sequence, split } = rest
  const facts = Buffer.from(JSON.stringify([id, tree, version, sequence, split]))
  const header = Buffer.allocUnsafe(headerBytes)
  header.writeUInt32LE(facts.byteLength, 0)
  header.writeUInt32LE(line.byteLength, 4)
  return [header, facts, line]
}

/** The records in a file of packed ones; their lines are parts of these bytes. */
export function unpack(bytes: Buffer): readonly Placed[] {
  const found: Placed[] = []
  for (let at = 0; at < bytes.byteLength;) {
    const facts = at + headerBytes
    const line = facts + bytes.readUInt32LE(at)
    const end = line + bytes.readUInt32LE(at + 4)
    const [id, tree, version, sequence, split] = JSON.parse(bytes.toString('utf8', facts, line)) as [
      string,
      string,
      VersionTicket | null,
      number,
      Split,
    ]
    found.push({ id, tree, version, sequence, split, line: bytes.subarray(line, end) })
    at = end
  }
  return found
}
