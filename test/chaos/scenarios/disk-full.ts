import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { copiedOnce } from '../copied-once.js'
import { type Choices, partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'
import { until } from '../until.js'

/**
 * The disk of one worker has no room for a while: what its second node writes ends in /dev/full, where the system answers
 * ENOSPC. Everything else of the worker, and the others, have to go on; with room it goes on by itself.
 */
async function full(trial: Trial, { quick }: Choices): Promise<void> {
  const { crew, findings, tail } = trial
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-chaos-full-'))
  try {
    await crew.settled()
    const since = performance.now()
    const name = `w${crew.running.length + 1}`
    await symlink('/dev/full', join(folder, name))
    const victim = crew.start({ folder })
    if (victim.name !== name) throw new Error(`the worker is called ${victim.name}, not ${name}`)
    await crew.settled()
    const paused = () => crew.since(since, 'paused').flatMap(({ worker, message }) => ({ worker, message }))
    await until(() => paused().some(({ worker }) => worker === name), 'the worker did not pause its node')
    const told = paused().map(({ worker, message }) => ({ worker, ...message }))
    findings.fault('the disk of a worker is full', { told: told[0] })
    const otherwise = told.filter(
      one =>
        one.worker !== name ||
        one.kind !== 'paused' ||
        one.code !== 'STEERFLOW_STORAGE_FULL' ||
        !one.cause.includes(folder),
    )
    findings.atMost('pauses that are not of the full disk, or do not name it', otherwise.length, 0)
    const before = tail.received
    await until(() => tail.received > before, 'nothing went on beside the paused node')
    await sleep(quick ? 500 : 5000)
    findings.atMost('paused nodes that went on without room', crew.since(since, 'resumed').length, 0)

    await rm(join(folder, name))
    const room = performance.now()
    findings.fault('there is room again', { received: tail.received })
    await until(() => crew.since(room, 'resumed').some(({ worker }) => worker === name), 'the node did not go on')
    trial.arena.inference.hurry()
    await copiedOnce(trial)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export const scenario: Scenario = {
  summary: 'the disk of one worker is full for a while',
  times: 1,
  secondNode: true,
  settings: choices => ({ partitions: partitionsFor(choices), brokers: 1, via: 'http', workers: 3, seconds: 120 }),
  run: full,
}
