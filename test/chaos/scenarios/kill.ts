import { setTimeout as sleep } from 'node:timers/promises'
import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'
import type { WorkerProcess } from '../worker-process.js'

/** Stops a worker at a moment at which a kill must hurt, and says what shows it. */
async function caught(worker: WorkerProcess, kind: 'transaction' | 'window'): Promise<Record<string, unknown>> {
  if (kind === 'window') {
    const { inFlight, calls } = await worker.fullWindow()
    return { inFlight, calls }
  }
  const { id, records } = await worker.inTransaction()
  return { transaction: id, records }
}

/** Kills workers one after the other; half of them between a transaction's records and its commit. */
async function kill(trial: Trial, times: number): Promise<void> {
  const { crew, findings } = trial
  let aborted = 0
  for (let i = 0; i < times; i++) {
    await crew.settled()
    const victim = crew.running[0]!
    const shown = await caught(victim, i % 2 === 0 ? 'transaction' : 'window')
    aborted += Number(shown.records ?? 0)
    const orphans = trial.withInput(victim)
    const since = performance.now()
    crew.end(victim, 'SIGKILL')
    await victim.exited
    findings.fault('SIGKILL', { worker: victim.name, orphans, ...shown })
    await sleep(300)
    crew.start()
    await trial.recover(orphans, since, victim.name)
  }
  trial.expectAborted(aborted)
  findings.recoveryAtMost(10, 13)
}

export const scenario: Scenario = {
  summary: 'SIGKILL of 3 workers, inside an open transaction or on a full window',
  times: 20,
  settings: choices => ({
    partitions: partitionsFor(choices),
    brokers: 1,
    via: 'http',
    workers: 3,
    seconds: 45 + choices.times * 15,
  }),
  run: (trial, { times }) => kill(trial, times),
}
