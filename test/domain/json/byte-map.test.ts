import { expect, it } from 'vitest'
import { ByteMap, byteNames } from '../../../src/domain/json/byte-map.js'

it('finds the keys it was given and no others', () => {
  const map = new ByteMap<number>(['text', 'role', 'é', 'replies'].map((key, index) => [key, index]))
  const find = (text: string) => map.get(Buffer.from(`..${text}..`), 2, 2 + Buffer.byteLength(text))
  expect(['text', 'role', 'é', 'replies'].map(find)).toEqual([0, 1, 2, 3])
  expect(['', 'e', 'Text', 'texts', 'much longer'].map(find)).toEqual(Array(5).fill(undefined))
})

it('maps names to themselves', () => {
  expect(byteNames('a', 'b').get(Buffer.from('b'), 0, 1)).toBe('b')
})
