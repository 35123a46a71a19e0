import { expect, it } from 'vitest'
import { modelToAsk } from '../../../src/cli/ask/ask.js'

const active =
  (...names: string[]) =>
  () =>
    Promise.resolve(names)

it.each([
  ['whatever a server serves that says nothing', [null, 'a'], [], 'external'],
  ['the only model', ['a', 'a'], [], 'a'],
  ['the active one by its digest', ['a', 'b'], ['b', 'named'], 'b'],
  ['the active one by its name', ['a', 'named'], ['b', 'named'], 'named'],
])('asks for %s', async (_, declared, names, asked) => {
  expect(await modelToAsk(declared, active(...names))).toBe(asked)
})

it('does not guess among several', async () => {
  await expect(modelToAsk(['a', 'b'], active('c'))).rejects.toThrow('serve a, b, and none of them is the active')
})
