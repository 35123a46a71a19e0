import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'
import { until } from '../until.js'

/** Another worker comes with a data folder of its own: it is refused, and nobody notices; then it is told to go on. */
async function stranger(trial: Trial): Promise<void> {
  const { crew, findings, tail, settings } = trial
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-chaos-store-'))
  try {
    await crew.settled()
    const others = new Set(crew.running.map(({ name }) => name))
    const since = performance.now()
    const before = tail.received
    const refused = crew.start({ store: { folder, adopt: false } })
    crew.expect(refused)
    const how = await refused.exited
    const said = crew.since(since, 'failed').find(({ worker }) => worker === refused.name)?.message
    findings.fault('a worker with another data folder', { how, said })
    if (how !== 2 || said?.kind !== 'failed' || said.code !== 'STEERFLOW_STORE_FOREIGN')
      throw new Error(`the worker with another store was not refused: ${how}, ${JSON.stringify(said)}`)
    const unnamed = [folder, settings.folder!].filter(place => !said.cause.includes(place))
    findings.atMost('stores that are not named', unnamed.length, 0)
    await until(() => tail.received > before, 'the others did not go on')
    const moved = crew.since(since, 'assigned', 'lost').filter(({ worker }) => others.has(worker))
    findings.atMost('partitions that moved for it', moved.length, 0)

    crew.start({ store: { folder, adopt: true } })
    await crew.settled()
    findings.fault('the same with --adopt, which has its share')
    trial.arena.inference.hurry()
    await trial.done(trial.arena.sent.length)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export const scenario: Scenario = {
  summary: 'a worker with another data folder is refused, and with --adopt goes on',
  times: 1,
  store: true,
  settings: choices => ({ partitions: partitionsFor(choices), brokers: 1, via: 'http', workers: 3, seconds: 120 }),
  run: stranger,
}
