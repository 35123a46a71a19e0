import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { offsetKey } from '../../../../src/adapters/log/embedded/catalogue.js'
import {
  encodeRecord,
  placeOf,
  readRecord,
  seal,
  type StoredRecord,
  timestampOf,
  unplacedSum,
} from '../../../../src/adapters/log/embedded/record.js'

const record = { key: Buffer.from('k'), value: Buffer.from('v'), headers: { node: 'clean' }, timestamp: 1.7e12 }
const place = placeOf('a', 1)
const at = offsetKey(7n)

function stored(of: StoredRecord): Buffer {
  const bytes = encodeRecord(of)
  seal(bytes, unplacedSum(bytes, place), at)
  return bytes
}

/** As a log of layout 1 has it: without a checksum. */
function bare(of: StoredRecord): Buffer {
  const bytes = stored(of)
  return Buffer.concat([Buffer.from([1]), bytes.subarray(5)])
}

describe('a stored record', () => {
  it('adds 21 bytes to key and value where there are no headers', () => {
    expect(stored({ ...record, headers: {} }).byteLength).toBe(21 + 2)
  })

  it.each([
    ['with its checksum', stored],
    ['as earlier versions wrote it', bare],
  ])('comes back as it was, %s', (_, encode) => {
    expect(readRecord(encode(record), at, place)).toEqual(record)
    expect(readRecord(encode({ ...record, key: null }), at, place).key).toBeNull()
    expect(readRecord(encode({ ...record, key: Buffer.alloc(0) }), at, place).key).toEqual(Buffer.alloc(0))
    expect(timestampOf(encode(record))).toBe(1.7e12)
  })

  it('of which any bit is another is refused, and named by its place', () => {
    const whole = stored(record)
    for (let bit = 0; bit < 8 * whole.byteLength; bit++) {
      const damaged = Buffer.from(whole)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => readRecord(damaged, at, place)).toThrow(/^record a\/1@7 is not what was written: /)
    }
  })

  it('is refused at another offset, in another partition, in another topic', () => {
    const whole = stored(record)
    for (const [key, where] of [
      [offsetKey(8n), place],
      [at, placeOf('a', 2)],
      [at, placeOf('b', 1)],
    ] as const)
      expect(() => readRecord(whole, key, where)).toThrow(/@[78] is not what was written: its checksum is/)
  })

  it.each([
    ['with its checksum', stored],
    ['as earlier versions wrote it', bare],
  ])('that is cut or overwritten is never read beyond its end, %s', (_, encode) => {
    const whole = encode(record)
    fc.assert(
      fc.property(fc.nat(whole.byteLength - 1), fc.nat(255), fc.nat(whole.byteLength), (place_, byte, length) => {
        const damaged = Buffer.from(whole)
        damaged.writeUInt8(byte, place_)
        try {
          const { key, value } = readRecord(damaged.subarray(0, length), at, place)
          expect((key?.byteLength ?? 0) + value.byteLength).toBeLessThanOrEqual(length)
        } catch (error) {
          expect(error).toMatchObject({ code: 'STEERFLOW_LOG_DAMAGED' })
        }
      }),
    )
  })
})
