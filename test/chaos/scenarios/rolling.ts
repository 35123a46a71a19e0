import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'

/** Restarts every worker in order, one after the other, several times, under load. */
async function roll(trial: Trial, rounds: number): Promise<void> {
  const { crew, findings } = trial
  for (let i = 0; i < rounds * trial.settings.workers; i++) {
    await crew.settled()
    const [oldest] = crew.running
    const atWork = trial.withInput(oldest!).length > 0
    const shown = atWork ? await oldest!.fullWindow().catch(() => oldest!.status) : oldest!.status
    const orphans = trial.withInput(oldest!)
    const since = performance.now()
    crew.end(oldest!, 'SIGTERM')
    const exited = oldest!.exited.then(how => {
      const seconds = Math.round(performance.now() - since) / 1000
      findings.fault('SIGTERM', { worker: oldest!.name, orphans, calls: shown.calls, exit: how, seconds })
      if (how !== 0) findings.hands.push(`${oldest!.name} ended with ${how}`)
    })
    await trial.recover(orphans, since, oldest!.name)
    await exited
    crew.start()
    // One that has only just begun does not end in order yet.
    await crew.settled()
  }
  findings.recoveryAtMost(3, 6)
}

export const scenario: Scenario = {
  summary: 'SIGTERM of 3 workers one after the other under load, several rounds',
  times: 3,
  settings: choices => ({
    partitions: partitionsFor(choices),
    brokers: 1,
    via: 'http',
    workers: 3,
    seconds: 10 + choices.times * 24,
  }),
  run: (trial, { times }) => roll(trial, times),
}
