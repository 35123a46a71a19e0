import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OffsetSet } from '../../src/runtime/letters.js'

test('holds the places that were added, and no others', () => {
  const place = fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.oneof(fc.bigInt(0n, 3000n), fc.bigInt(0n, 10n ** 19n - 1n)))
    .map(([partition, offset]) => `${partition}:${offset}`)
  fc.assert(
    fc.property(fc.array(place), fc.array(place), (added, asked) => {
      const set = new OffsetSet()
      for (const one of added) set.add(one)
      for (const one of [...added, ...asked]) expect(set.has(one)).toBe(added.includes(one))
    }),
  )
})

test.each(['', '1', ':', '-1:0', '0:-1', '0:1.5', '0:1e3', `0:${'9'.repeat(20)}`, '0:1\n', 'x:1', '0:1:2'])(
  'what is no place (%j) is in no set',
  text => {
    const set = new OffsetSet()
    set.add(text)
    expect(set.has(text)).toBe(false)
  },
)
