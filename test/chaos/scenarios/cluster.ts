import { setTimeout as sleep } from 'node:timers/promises'
import { type Choices, partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'

/** Of three brokers one is lost and the work goes on without it; much later it comes back. */
async function lose(trial: Trial, { quick }: Choices): Promise<void> {
  const { arena, findings } = trial
  await trial.crew.settled()
  const left = trial.partitionsWithInput()
  const since = performance.now()
  await arena.kafka.kill(1)
  findings.fault('SIGKILL of one of three brokers', { broker: 1 })
  await trial.recover(left, since, 'nobody')
  await sleep(quick ? 1000 : 20_000)
  await arena.kafka.restart(1)
  findings.fault('the broker is back', { received: trial.tail.received })
  await sleep(quick ? 1000 : 5000)
  findings.recoveryAtMost(20, 20)
}

export const scenario: Scenario = {
  summary: '3 brokers, every topic on all of them, one lost for good',
  times: 1,
  settings: choices => ({ partitions: partitionsFor(choices), brokers: 3, via: 'http', workers: 3, seconds: 60 }),
  run: lose,
}
