import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { offset } from '../../src/runtime/log.js'
import type { Property } from './log-under-test.js'
import { places, topic } from './support.js'

const bytes = fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array))
const header = fc.string({ unit: 'grapheme', maxLength: 20 })
const name = header.filter(text => text.length > 0 && text !== '__proto__')
const record = fc.record({
  key: fc.option(bytes),
  value: bytes,
  headers: fc.dictionary(name, header, { noNullPrototype: true }),
})

/** Keys, values and headers come back byte for byte. */
export const recordBytes: Property = under =>
  describe('the bytes of a record', () => {
    const { log } = places(under)

    it('come back as they were, binary keys and headers of any script included', async () => {
      const open = await log(topic('in'))
      let at = 0
      await fc.assert(
        fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 10 }), async records => {
          await open.publish(records.map(one => ({ topic: 'in', partition: 0, ...one })))
          const batch = await open.read('in', 0, offset(at), { records: records.length, bytes: 1 << 20 })
          at = Number(batch.next)
          expect(batch.records.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(records)
        }),
        { numRuns: 50 },
      )
    })
  })
