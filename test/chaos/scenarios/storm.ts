import { setTimeout as sleep } from 'node:timers/promises'
import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'

/** One worker more joins, works and leaves, again and again; unless the storm is clean, every third one is killed. */
async function storm(trial: Trial, joins: number, clean: boolean): Promise<void> {
  const { crew, findings } = trial
  for (let i = 0; i < joins; i++) {
    const joiner = crew.start()
    await joiner.until(() => joiner.partitions.size > 0, 60_000)
    await sleep(1500)
    const killed = !clean && i % 3 === 2
    const { calls } = joiner.status
    crew.end(joiner, killed ? 'SIGKILL' : 'SIGTERM')
    const how = await joiner.exited
    findings.fault('join and leave', { worker: joiner.name, partitions: [...joiner.partitions], calls, exit: how })
    if (!killed && how !== 0) findings.hands.push(`${joiner.name} ended with ${how}`)
  }
  if (clean) trial.repeatedAtMost(0.4)
}

export const scenario: Scenario = {
  summary: 'joins and leaves in quick succession; --clean: everybody leaves in order, and few calls are repeated',
  times: 30,
  settings: choices => ({
    partitions: partitionsFor(choices),
    brokers: 1,
    via: 'http',
    workers: 2,
    seconds: 10 + choices.times * (choices.clean ? 6 : 8),
  }),
  run: (trial, { times, clean }) => storm(trial, times, clean),
}
