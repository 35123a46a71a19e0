import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecord, encodeRecord } from '../../../../src/adapters/log/embedded/record.js'

const record = { key: Buffer.from('k'), value: Buffer.from('v'), headers: { node: 'clean' }, timestamp: 1.7e12 }

describe('a stored record', () => {
  it('adds 17 bytes to key and value where there are no headers', () => {
    expect(encodeRecord({ ...record, headers: {} }).byteLength).toBe(17 + 2)
  })

  it('comes back as it was', () => {
    expect(decodeRecord(encodeRecord(record))).toEqual(record)
  })

  it('tells no key from an empty one', () => {
    expect(decodeRecord(encodeRecord({ ...record, key: null })).key).toBeNull()
    expect(decodeRecord(encodeRecord({ ...record, key: Buffer.alloc(0) })).key).toEqual(Buffer.alloc(0))
  })

  it('that is damaged is refused or gives other fields, and is never read beyond its end', () => {
    const stored = encodeRecord(record)
    fc.assert(
      fc.property(fc.nat(stored.byteLength - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(stored)
        damaged.writeUInt8(byte, at)
        try {
          const { key, value } = decodeRecord(damaged)
          expect((key?.byteLength ?? 0) + value.byteLength).toBeLessThanOrEqual(stored.byteLength)
        } catch (error) {
          expect(error).toMatchObject({ code: 'STEERFLOW_LOG_CORRUPT' })
        }
      }),
    )
    expect(() => decodeRecord(stored.subarray(0, 16))).toThrow('damaged')
    expect(() => decodeRecord(stored.subarray(0, 18))).toThrow('damaged')
  })
})
