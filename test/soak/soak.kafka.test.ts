import { expect, test } from 'vitest'
import { soak, type SoakOptions } from './soak.js'
import { verdict } from './verdict.js'

const options: SoakOptions = {
  minutes: 0.2,
  workers: 2,
  servers: 2,
  treesAMinute: 20,
  latencyMs: 5,
  sealSeconds: 2,
  newSinceLast: 20,
  heap: false,
  keep: null,
}

test('a soak of seconds: two workers, fed, looked at and judged', async () => {
  const seen = await soak(options, () => undefined)
  expect(seen.incidents).toEqual([])
  expect(seen.account).toMatchObject({ raw: 20, missing: 0, doubled: 0, deadLetters: 0, unsealed: 0 })
  expect(seen.account.scored).toBeGreaterThan(20)
  expect(seen.samples.length).toBeGreaterThan(0)
  expect(verdict(seen, options).filter(({ met }) => !met)).toEqual([])
})
