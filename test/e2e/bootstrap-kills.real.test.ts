import { expect, test } from 'vitest'
import { cases } from '../support/effort.js'
import { askedRound, nodesOfRounds } from '../support/kill-rounds.js'

test('rounds are killed before and after what every node publishes: nothing is counted twice, nothing is missed', async () => {
  const { run, next, toTheEnd, faults, asks } = await askedRound()
  const all = nodesOfRounds.flatMap(node => [false, true].map(after => ({ node, after, at: 1 })))
  const kills = cases(all, 6)
  for (const kill of kills) {
    for (;;) {
      const { code, signal, output } = await run(kill)
      if (signal === 'SIGKILL') break
      // Everything was done before the node came to publish something.
      expect(code, output.slice(-2000)).toBe(0)
      await next()
    }
  }
  await toTheEnd()
  expect(await faults()).toEqual([])
  // What was under way at a kill, at most 8 prompts with 3 samples, is asked for once more.
  const again = asks().reduce((sum, count) => sum + count - 1, 0)
  expect(again).toBeLessThanOrEqual(kills.length * 8 * 3)
})
