/**
 * Kafka's hash of a record's key (murmur2 with Kafka's seed, as in org.apache.kafka.common.utils.Utils), so that a key
 * goes to the same partition number on either log.
 */
export function murmur2(key: Buffer): number {
  const m = 0x5bd1e995
  let h = 0x9747b28c ^ key.byteLength
  const whole = key.byteLength & ~3
  for (let at = 0; at < whole; at += 4) {
    let k = Math.imul(key.readInt32LE(at), m)
    k = Math.imul(k ^ (k >>> 24), m)
    h = Math.imul(h, m) ^ k
  }
  for (let at = key.byteLength - 1; at >= whole; at--) h ^= key.readUInt8(at) << (8 * (at - whole))
  if (key.byteLength > whole) h = Math.imul(h, m)
  h = Math.imul(h ^ (h >>> 13), m)
  return h ^ (h >>> 15)
}

export const partitionOf = (key: Buffer, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions
