/**
 * Snappy as Java writes it: a header, then blocks, each behind its length. Others (librdkafka, and we) write one block
 * and nothing around it; what is read may be either.
 */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
/** The magic, its version, and the oldest version that can read it. */
const HEADER_BYTES = MAGIC.length + 8

const isHeader = (bytes: Buffer, at: number): boolean => bytes.subarray(at, at + MAGIC.length).equals(MAGIC)

/**
 * The blocks of raw Snappy in a buffer, which share its memory.
 * @throws RangeError when it ends in the middle of a block.
 */
export function snappyBlocks(bytes: Buffer): readonly Buffer[] {
  if (!isHeader(bytes, 0)) return [bytes]
  const blocks: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    // Streams that were written one after the other each begin with a header.
    if (isHeader(bytes, at)) {
      at += HEADER_BYTES
      continue
    }
    const begin = at + 4
    at = begin + bytes.readUInt32BE(at)
    if (at > bytes.length) throw new RangeError('a block of Snappy ends early')
    blocks.push(bytes.subarray(begin, at))
  }
  return blocks
}
