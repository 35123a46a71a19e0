import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteSink } from '../../src/domain/byte-sink.js'

it('holds what was written and copied, however small it began', () => {
  const texts = fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 })
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 64 }), (parts, capacity) => {
      const other = new ByteSink(capacity)
      const sink = new ByteSink(capacity)
      sink.text('forgotten')
      sink.clear()
      for (const part of parts) {
        const start = other.length
        expect(other.text(part)).toBe(Buffer.byteLength(part))
        sink.add(Buffer.from('-|-'), 1, 2)
        sink.copy(other, start, other.length)
      }
      expect(Buffer.from(other.content()).toString()).toBe(parts.join(''))
      expect(Buffer.from(sink.content()).toString()).toBe(parts.map(part => `|${part}`).join(''))
      expect(sink.length).toBe(sink.content().length)
    }),
  )
})
