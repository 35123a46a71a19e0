import { rename } from 'node:fs/promises'
import { copiedOnce } from '../copied-once.js'
import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'
import { until } from '../until.js'

/** One of two nodes fails on every worker; the other must go on, also past a worker that is killed meanwhile. */
async function nodeFault(trial: Trial): Promise<void> {
  const { crew, findings, tail, settings } = trial
  const folder = settings.folder!
  await crew.settled()
  const since = performance.now()
  await rename(folder, `${folder}-away`)
  findings.fault('the folder of a node is away')
  try {
    const paused = (): Set<string> => new Set(crew.since(since, 'paused').map(({ worker }) => worker))
    await until(() => paused().size === settings.workers, 'not every worker paused the node')
    const before = tail.received
    const victim = crew.running[0]!
    const orphans = trial.withInput(victim)
    const killed = performance.now()
    crew.end(victim, 'SIGKILL')
    await victim.exited
    findings.fault('SIGKILL of a worker with a paused node', { worker: victim.name, orphans })
    crew.start()
    await trial.recover(orphans, killed, victim.name)
    findings.atMost('nodes that stood still beside the paused one', tail.received > before ? 0 : 1, 0)
  } finally {
    await rename(`${folder}-away`, folder)
  }
  findings.fault('the folder is back', { received: tail.received })
  trial.arena.inference.hurry()
  await copiedOnce(trial)
}

export const scenario: Scenario = {
  summary: 'a second node fails on every worker, and a worker is killed meanwhile',
  times: 1,
  secondNode: true,
  settings: choices => ({ partitions: partitionsFor(choices), brokers: 1, via: 'http', workers: 3, seconds: 40 }),
  run: trial => nodeFault(trial),
}
