import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { cases } from '../support/effort.js'
import { collecting, faults, killConfig, openFor, publish, runPipeline, steps } from '../support/kill-pipeline.js'
import { temporaryFolder } from '../support/temporary.js'

test('seal, trigger and launch on a broker, killed at every step while garbage is collected', async () => {
  const kafka = {
    brokers: inject('kafka').bootstrap,
    namespace: `k${randomUUID().slice(0, 8)}`,
    sessionTimeoutMs: 6000,
  }
  const config = killConfig(await temporaryFolder(), 25, { log: { kafka } })
  const workspace = await openFor(config)
  onTestFinished(() => workspace.close())
  await publish(workspace, 600)
  const garbage = collecting(workspace)
  for (const [kill, step] of cases([...steps.entries()], 4)) {
    const { signal, output } = await runPipeline(config, { step, at: 1, after: kill % 2 === 1 }).ended
    expect(signal, `${step}: ${output.slice(-2000)}`).toBe('SIGKILL')
  }
  const { code, output } = await runPipeline(config).ended
  expect(code, output.slice(-2000)).toBe(0)
  await garbage.stop()
  expect(await faults(workspace)).toEqual([])
})
