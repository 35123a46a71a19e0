import { setTimeout as sleep } from 'node:timers/promises'
import { type Choices, partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'

const usualMs = 30_000
const quickMs = 2_000

/** Stops the broker's clock for longer than a session and a request take, then lets it go on. */
async function freeze(trial: Trial, { times, quick }: Choices): Promise<void> {
  const { arena, findings } = trial
  const frozenMs = quick ? quickMs : usualMs
  for (let i = 0; i < times; i++) {
    await trial.crew.settled()
    const left = trial.partitionsWithInput()
    await arena.kafka.freeze(1)
    await sleep(frozenMs)
    await arena.kafka.continue(1)
    const since = performance.now()
    findings.fault('SIGSTOP of the broker', { seconds: frozenMs / 1000 })
    await trial.recover(left, since, 'nobody')
  }
  findings.recoveryAtMost(10, 20)
}

export const scenario: Scenario = {
  summary: 'SIGSTOP of the broker for 30 s',
  times: 1,
  settings: choices => ({ partitions: partitionsFor(choices), brokers: 1, via: 'http', workers: 3, seconds: 60 }),
  run: freeze,
}
