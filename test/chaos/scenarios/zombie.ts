import { setTimeout as sleep } from 'node:timers/promises'
import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'

/** Longer than a session, shorter than a transaction may be open: who wakes must be shut out by its successor. */
const stoppedMs = 12_000
/** How long it is watched after it woke: until it has found out and has been given its share again. */
const watchedMs = 8_000

/** Stops a worker's clock until its partitions have gone to others, then lets it go on where it was. */
async function zombie(trial: Trial, where: 'window' | 'transaction'): Promise<void> {
  const { crew, findings } = trial
  await crew.settled()
  const victim = crew.running[0]!
  const shown = where === 'window' ? await victim.fullWindow() : await victim.inTransaction()
  const orphans = trial.withInput(victim)
  const since = performance.now()
  victim.signal('SIGSTOP')
  const held = 'records' in shown ? { transaction: shown.id, records: shown.records } : { inFlight: shown.inFlight }
  findings.fault('SIGSTOP', { worker: victim.name, orphans, ...held })
  await trial.recover(orphans, since, victim.name)
  await sleep(Math.max(0, since + stoppedMs - performance.now()))
  const woken = performance.now()
  victim.signal('SIGCONT')
  if (where === 'transaction') victim.goOn()
  await sleep(watchedMs)
  const disturbed = new Map<number, number>()
  for (const { worker, message } of crew.since(woken, 'lost'))
    if (worker !== victim.name && message.kind === 'lost')
      disturbed.set(message.partition, (disturbed.get(message.partition) ?? 0) + 1)
  findings.fault('SIGCONT', { worker: victim.name, lostByOthers: Object.fromEntries(disturbed) })
  findings.atMost(
    `times that a partition was taken from its lawful owner (${where})`,
    Math.max(0, ...disturbed.values()),
    1,
  )
}

export const scenario: Scenario = {
  summary: 'SIGSTOP of a worker past its session, with a full window and inside a transaction, then SIGCONT',
  times: 1,
  settings: choices => ({
    partitions: partitionsFor(choices),
    brokers: 1,
    via: 'http',
    workers: 3,
    seconds: 10 + choices.times * 44,
  }),
  run: async (trial, { times }) => {
    for (let i = 0; i < times; i++) for (const where of ['window', 'transaction'] as const) await zombie(trial, where)
    trial.findings.recoveryAtMost(10, 13)
  },
}
