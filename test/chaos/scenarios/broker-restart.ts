import { setTimeout as sleep } from 'node:timers/promises'
import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'

/** Kills the only broker and starts it again; nobody touches the workers. */
async function restart(trial: Trial, times: number): Promise<void> {
  const { arena, findings } = trial
  for (let i = 0; i < times; i++) {
    await trial.crew.settled()
    const left = trial.partitionsWithInput()
    await arena.kafka.kill(1)
    const killed = performance.now()
    await sleep(1000)
    await arena.kafka.restart(1)
    const up = performance.now()
    findings.fault('SIGKILL of the broker', { downSeconds: Math.round(up - killed) / 1000 })
    await trial.recover(left, up, 'nobody')
    await sleep(2000)
  }
  findings.recoveryAtMost(10, 20)
}

export const scenario: Scenario = {
  summary: 'SIGKILL of the broker and its restart',
  times: 5,
  settings: choices => ({
    partitions: partitionsFor(choices),
    brokers: 1,
    via: 'http',
    workers: 3,
    seconds: 10 + choices.times * 14,
  }),
  run: (trial, { times }) => restart(trial, times),
}
