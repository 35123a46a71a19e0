import { expect, it } from 'vitest'
import { pythonRepr } from '../../../src/domain/json/python-repr.js'

it.each([
  ['en', "'en'"],
  ["it's", `"it's"`],
  [`it's "x"`, `'it\\'s "x"'`],
  ['"', `'"'`],
  ['a b\\\n\t\r', "'a b\\\\\\n\\t\\r'"],
  ['é😀中', "'é😀中'"],
  ['\u0000\u007f\u00a0\u2028\ufeff', "'\\x00\\x7f\\xa0\\u2028\\ufeff'"],
  ['\u{e0001}', "'\\U000e0001'"],
])('prints %j as Python does', (text, expected) => {
  expect(pythonRepr(text)).toBe(expected)
})
