import { setTimeout as sleep } from 'node:timers/promises'
import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'

/** No server answers for minutes; nobody is thrown out of the group and nothing is given up. */
async function outage(trial: Trial, minutes: number): Promise<void> {
  const { arena, crew, findings } = trial
  await crew.settled()
  await sleep(3000)
  const left = trial.partitionsWithInput()
  arena.inference.faults([{ fault: { kind: 'hang' } }])
  const since = performance.now()
  findings.fault('all inference servers hang', { minutes })
  await sleep(minutes * 60_000)
  const before = trial.tail.received
  arena.inference.faults([])
  const answered = performance.now()
  await trial.recover(left, answered, 'nobody')
  findings.fault('they answer again', { received: before })
  findings.atMost('partitions that changed hands', crew.since(since, 'assigned', 'lost').length, 0)
  findings.atMost('dead letters', crew.since(0, 'dead-letter').length, 0)
  findings.recoveryAtMost(30, 30)
}

export const scenario: Scenario = {
  summary: 'all inference servers hang for 3 minutes',
  times: 1,
  settings: choices => ({ partitions: partitionsFor(choices), brokers: 1, via: 'fleet', workers: 3, seconds: 30 }),
  run: (trial, { minutes }) => outage(trial, minutes),
}
