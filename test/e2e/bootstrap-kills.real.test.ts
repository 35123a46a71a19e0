import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startContractServer } from '../support/contract-server/server.js'
import {
  asksOf,
  faultsOfRounds,
  nextRound,
  nodesOfRounds,
  openFor,
  publishTraining,
  roundsConfig,
  runRounds,
  snapshotTraining,
} from '../support/kill-rounds.js'

test('rounds are killed before and after what every node publishes: nothing is counted twice, nothing is missed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const policy = await startContractServer({ serves: 'policy', record: true })
  onTestFinished(() => policy.stop())
  const value = await startContractServer()
  onTestFinished(() => value.stop())
  const config = roundsConfig(folder, policy.url, value.url)
  const workspace = await openFor(config)
  onTestFinished(() => workspace.close())
  await publishTraining(workspace, 40)
  const sealed = await runRounds(config).ended
  expect(sealed.code, sealed.output.slice(-2000)).toBe(0)
  await snapshotTraining(workspace)
  await nextRound(workspace)

  const kills = nodesOfRounds.flatMap(node => [false, true].map(after => ({ node, after, at: 1 })))
  for (const kill of kills) {
    for (;;) {
      const { code, signal, output } = await runRounds(config, kill).ended
      if (signal === 'SIGKILL') break
      // Everything was done before the node came to publish that often.
      expect(code, output.slice(-2000)).toBe(0)
      await nextRound(workspace)
    }
  }
  const { code, output } = await runRounds(config).ended
  expect(code, output.slice(-2000)).toBe(0)
  expect(await faultsOfRounds(workspace)).toEqual([])
  // What was under way at a kill is asked for once more.
  const asks = [...asksOf(policy.bodies).values()]
  const again = asks.reduce((sum, count) => sum + count - 1, 0)
  expect(again).toBeLessThanOrEqual(kills.length * 8 * 3)
})
