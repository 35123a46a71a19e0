import { setTimeout as sleep } from 'node:timers/promises'
import { leastRecords } from '../../../src/runtime/brake.js'
import { replay } from '../../../src/runtime/replay.js'
import { names } from '../pipeline.js'
import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'

/** Nine of ten answers are malformed: the node waits, also on a worker that comes later; mended, it goes on. */
async function badAnswers(trial: Trial): Promise<void> {
  const { arena, crew, findings, settings } = trial
  await crew.settled()
  const since = performance.now()
  arena.inference.garble(0.9)
  findings.fault('90 % of the answers are malformed')
  const braked = (): Set<string> => new Set(crew.since(since, 'paused').map(({ worker }) => worker))
  await until(() => crew.running.every(({ name }) => braked().has(name)), 'not every worker braked')
  const victim = crew.running[0]!
  crew.end(victim, 'SIGKILL')
  await victim.exited
  const successor = crew.start()
  findings.fault('SIGKILL of a worker that is braked', { worker: victim.name, successor: successor.name })
  await until(() => successor.partitions.size > 0, 'the successor was given no partition')
  arena.inference.garble(0)
  findings.fault('the servers are mended', { received: trial.tail.received })
  arena.inference.hurry()
  await allCommitted(trial)
  const topics = { deadLetters: names.deadLetters, replayed: names.replayed }
  const readBy = (node: string): string | null => (node === names.group ? names.in : null)
  const { replayed, refused } = await replay(arena.log, topics, { wanted: () => true, readBy })
  findings.fault('letters replayed', { replayed, refused })
  // Each start of a worker finds out for itself; what it has under way by then may still become letters.
  findings.atMost('dead letters', replayed + refused, (settings.workers + 1) * (2 * leastRecords + 64))
  findings.atMost('dead letters, none', replayed > 0 ? 0 : 1, 0)
}

/** Waits until all of the input has come out or become a letter. */
async function allCommitted({ arena }: Trial): Promise<void> {
  const left = async (): Promise<bigint> => {
    const committed = await arena.log.committed(names.group, names.in)
    const states = await arena.log.state(names.in)
    return states.reduce((sum, { partition, end }) => sum + end - (committed.get(partition) ?? 0n), 0n)
  }
  for (const end = performance.now() + 200_000; (await left()) > 0n; await sleep(200))
    if (performance.now() > end) throw new Error(`${await left()} records were not dealt with`)
}

async function until(condition: () => boolean, otherwise: string): Promise<void> {
  for (const end = performance.now() + 90_000; !condition(); await sleep(50))
    if (performance.now() > end) throw new Error(otherwise)
}

export const scenario: Scenario = {
  summary: '90 % of the answers are malformed for a while; a worker is killed meanwhile; the letters are replayed',
  times: 1,
  replays: true,
  settings: choices => ({ partitions: partitionsFor(choices), brokers: 1, via: 'http', workers: 3, seconds: 20 }),
  run: trial => badAnswers(trial),
}
