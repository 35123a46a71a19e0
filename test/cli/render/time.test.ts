import { expect, it } from 'vitest'
import { isoOf } from '../../../src/cli/render/time.js'

it.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [-1, '1969-12-31T23:59:59.999Z'],
  [253_402_300_799_999, '9999-12-31T23:59:59.999Z'],
  [-62_198_755_200_000, '-000001-01-01T00:00:00.000Z'],
  [Number(2n ** 63n - 1n), '9223372036854776000'],
  [NaN, 'NaN'],
])('%d milliseconds are %s', (at, text) => {
  expect(isoOf(at)).toBe(text)
})
