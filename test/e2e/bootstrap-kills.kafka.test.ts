import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startContractServer } from '../support/contract-server/server.js'
import {
  faultsOfRounds,
  nextRound,
  nodesOfRounds,
  openFor,
  publishTraining,
  roundsConfig,
  runRounds,
  snapshotTraining,
} from '../support/kill-rounds.js'
import { temporaryFolder } from '../support/temporary.js'

test('rounds on a broker, killed at every node: nothing is counted twice, nothing is missed', async () => {
  const policy = await startContractServer({ serves: 'policy' })
  onTestFinished(() => policy.stop())
  const value = await startContractServer()
  onTestFinished(() => value.stop())
  const brokers = inject('kafka').bootstrap
  const kafka = { brokers, namespace: `r${randomUUID().slice(0, 8)}`, sessionTimeoutMs: 6000 }
  const config = roundsConfig(await temporaryFolder(), policy.url, value.url, { log: { kafka } })
  const workspace = await openFor(config)
  onTestFinished(() => workspace.close())
  await publishTraining(workspace, 40)
  const sealed = await runRounds(config).ended
  expect(sealed.code, sealed.output.slice(-2000)).toBe(0)
  await snapshotTraining(workspace)
  await nextRound(workspace)
  // One round trains; of what the rest of the flow does after it there is enough for a kill each.
  for (const [number, node] of nodesOfRounds.entries()) {
    const { signal, output } = await runRounds(config, { node, at: 1, after: number % 2 === 1 }).ended
    expect(signal, `${node}: ${output.slice(-2000)}`).toBe('SIGKILL')
  }
  const { code, output } = await runRounds(config).ended
  expect(code, output.slice(-2000)).toBe(0)
  expect(await faultsOfRounds(workspace)).toEqual([])
})
