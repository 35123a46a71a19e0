import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { cases } from '../support/effort.js'
import { askedRound, nodesOfRounds } from '../support/kill-rounds.js'

test('rounds on a broker, killed at every node: nothing is counted twice, nothing is missed', async () => {
  const brokers = inject('kafka').bootstrap
  const kafka = { brokers, namespace: `r${randomUUID().slice(0, 8)}`, sessionTimeoutMs: 6000 }
  const { run, toTheEnd, faults } = await askedRound({ log: { kafka } })
  // One round is enough: each node still has something to publish when its turn comes.
  for (const [number, node] of cases([...nodesOfRounds.entries()], 4)) {
    const { signal, output } = await run({ node, at: 1, after: number % 2 === 1 })
    expect(signal, `${node}: ${output.slice(-2000)}`).toBe('SIGKILL')
  }
  await toTheEnd()
  expect(await faults()).toEqual([])
})
