import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { attemptName } from '../../../../src/adapters/launchers/attempt-name.js'
import { instanceOf } from '../../../../src/adapters/launchers/instance.js'
import { SlurmSettings } from '../../../../src/adapters/launchers/slurm/settings.js'
import { SlurmRunner } from '../../../../src/adapters/launchers/slurm/slurm-runner.js'
import { exists } from '../../../../src/adapters/storage/durable.js'
import type { JobEvent } from '../../../../src/domain/job.js'
import { killedAt, undisturbed } from '../../../support/killed-at.js'
import { type SlurmFaults, startSlurm } from '../../../support/slurm/slurm.js'
import { temporaryFolder } from '../../../support/temporary.js'
import { job as anyJob, snapshot } from '../../../support/training.js'

const fake = fileURLToPath(new URL('../../../support/fake-trainer.mjs', import.meta.url))

/** A cluster, a data folder that it sees, and a job about to be launched there which behaves as told. */
async function prepared(behaviour: object, faults: SlurmFaults = {}, given: Partial<SlurmSettings> = {}) {
  const root = await temporaryFolder()
  const cluster = await startSlurm(root, faults)
  const folder = join(root, snapshot.path)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'behaviour.json'), JSON.stringify(behaviour))
  // Nodes find the trainer as `steerflow` in an image; here a container is a name, and the program is on the PATH.
  await writeFile(join(root, 'bin', 'steerflow'), `#!/bin/sh\nexec '${process.execPath}' '${fake}' "$@"\n`, {
    mode: 0o755,
  })
  const settings = SlurmSettings.parse({
    container: 'ghcr.io/example/trainer',
    pollSeconds: 0.05,
    accountingLagSeconds: 1,
    ...given,
  })
  const job = anyJob({ state: 'launching', attempt: 1, host: hostname(), launcher: 'slurm' })
  await writeFile(join(root, 'job.json'), JSON.stringify({ job, settings }))
  const runner = new SlurmRunner(root, settings)
  const launched = async (): Promise<JobEvent> => {
    const start = await runner.start(job)
    if (start.state !== 'launched') throw new Error(start.detail)
    return { ...job, state: 'launched', launched_as: start.id }
  }
  const trainings = async () =>
    (await readFile(join(folder, 'starts'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
  /** Lets a job end that behaves `until: 'go'`. */
  const letEnd = () => writeFile(join(folder, 'go'), '')
  return { root, cluster, job, runner, launched, trainings, letEnd, attempt: join(root, 'jobs', job.job, 'attempt-1') }
}

const patience = () => AbortSignal.timeout(60_000)
const endOf = (runner: SlurmRunner, job: JobEvent) => runner.next({ ...job, state: 'running' }, patience())

describe('a job on a Slurm cluster', () => {
  it('is submitted once, waits, runs, and ends with the model that it made', async () => {
    const { runner, launched, cluster, job, root, trainings, letEnd } = await prepared(
      { until: 'go' },
      { startMs: 300 },
    )
    const submitted = await launched()
    expect(submitted.launched_as).toBe('1')
    expect(await runner.next(submitted, patience())).toEqual({ state: 'running', detail: 'Slurm job 1' })
    await letEnd()
    expect(await endOf(runner, submitted)).toMatchObject({
      state: 'succeeded',
      model: { path: `jobs/${job.job}/attempt-1/output/model.json` },
    })
    expect(await cluster.submissions()).toEqual([attemptName(job, await instanceOf(root))])
    expect(await trainings()).toHaveLength(1)
  })

  it('runs its steps in the container, with the data folder mounted', async () => {
    const { runner, launched, cluster, root } = await prepared({}, {}, { mounts: ['/models:/models:ro'] })
    await endOf(runner, await launched())
    const [step] = await cluster.steps()
    expect(step!.slice(0, 6)).toEqual([
      '--nodes=1',
      '--ntasks=1',
      '--no-container-mount-home',
      '--container-image=ghcr.io/example/trainer',
      `--container-mounts=${root}:${root},/models:/models:ro`,
      'steerflow',
    ])
  })

  it('gets nothing of this environment that could be a secret', async () => {
    const { runner, launched, root } = await prepared({})
    await writeFile(join(root, 'bin', 'steerflow'), `#!/bin/sh\nenv > '${root}/seen'\n`, { mode: 0o755 })
    process.env.STEERFLOW_TEST_SECRET = 'hunter2'
    try {
      await endOf(runner, await launched())
    } finally {
      delete process.env.STEERFLOW_TEST_SECRET
    }
    const seen = await readFile(join(root, 'seen'), 'utf8')
    expect(seen).toContain('SLURM_JOB_ID=1')
    expect(seen).not.toContain('hunter2')
  })

  it('fails with what Slurm says of it and the end of its log', async () => {
    const { runner, launched } = await prepared({ code: 3 })
    expect(await endOf(runner, await launched())).toEqual({
      state: 'failed',
      detail: 'Slurm job 1: FAILED, NonZeroExitCode; training | done with 3',
    })
  })

  it.each([
    ['TIMEOUT', 'failed'],
    ['OUT_OF_MEMORY', 'failed'],
    ['NODE_FAIL', 'failed'],
    ['PREEMPTED', 'failed'],
    ['CANCELLED by 0', 'cancelled'],
  ])('that ends as %s has %s', async (state, end) => {
    const { runner, launched, cluster } = await prepared({ milliseconds: 60_000 })
    const job = await launched()
    await runner.next(job, patience())
    cluster.end('1', state)
    const [code] = state.split(' ')
    expect(await endOf(runner, job)).toMatchObject({ state: end, detail: expect.stringContaining(code!) as string })
  })

  it('goes on when it is preempted and requeued', async () => {
    const { runner, launched, cluster, trainings, letEnd } = await prepared({ until: 'go' })
    const job = await launched()
    await runner.next(job, patience())
    const end = endOf(runner, job)
    await expect.poll(trainings).toHaveLength(1)
    cluster.end('1', 'PREEMPTED', 50)
    await expect.poll(trainings).toHaveLength(2)
    await letEnd()
    expect(await end).toMatchObject({ state: 'succeeded' })
    expect(await trainings()).toHaveLength(2)
    expect(await cluster.submissions()).toHaveLength(1)
  })

  it('is cancelled', async () => {
    const { runner, launched } = await prepared({ milliseconds: 60_000 })
    const job = await launched()
    await runner.next(job, patience())
    await runner.cancel(job)
    expect(await endOf(runner, job)).toMatchObject({ state: 'cancelled' })
    await expect(runner.cancel(job)).rejects.toMatchObject({ code: 'STEERFLOW_USAGE' })
  })
})

describe('a job whose end the cluster is slow to tell', () => {
  it('is waited for while the controller has forgotten it and accounting lags', async () => {
    const { runner, launched } = await prepared({}, { ageMs: 0, lagMs: 700 })
    expect(await endOf(runner, await launched())).toMatchObject({ state: 'succeeded' })
  })

  it('has succeeded where there are no accounts and its script came to its end', async () => {
    const { runner, launched } = await prepared({}, { ageMs: 0, disabled: true })
    expect(await endOf(runner, await launched())).toMatchObject({ state: 'succeeded' })
  })

  it('is unknown where nothing tells its end', async () => {
    const { runner, launched } = await prepared({ code: 3 }, { ageMs: 0, disabled: true })
    expect(await endOf(runner, await launched())).toMatchObject({
      state: 'unknown',
      detail: expect.stringContaining('sacct -j 1') as string,
    })
  })
})

describe('a controller that does not answer', () => {
  it('is asked again, and the job is submitted once', async () => {
    const { runner, launched, cluster, job } = await prepared({}, { down: true })
    await expect(runner.start(job)).rejects.toMatchObject({ code: 'STEERFLOW_LAUNCHER_UNAVAILABLE' })
    await cluster.set({})
    expect(await endOf(runner, await launched())).toMatchObject({ state: 'succeeded' })
    expect(await cluster.submissions()).toHaveLength(1)
  })

  it('is no reason to submit a job again that it took without saying so', async () => {
    const { runner, cluster, job, trainings } = await prepared({}, { loseReply: true })
    const start = await runner.start(job)
    expect(start).toEqual({ state: 'launched', id: '1' })
    await cluster.set({})
    expect(await endOf(runner, { ...job, launched_as: '1' })).toMatchObject({ state: 'succeeded' })
    expect(await cluster.submissions()).toHaveLength(1)
    expect(await trainings()).toHaveLength(1)
  })

  it('is waited for while a job runs', async () => {
    const { runner, launched, cluster } = await prepared({})
    const job = await launched()
    await cluster.set({ down: true })
    await expect(endOf(runner, job)).rejects.toMatchObject({ code: 'STEERFLOW_LAUNCHER_UNAVAILABLE' })
    await cluster.set({})
    expect(await endOf(runner, job)).toMatchObject({ state: 'succeeded' })
  })

  it('that refuses a job says why', async () => {
    const { runner, job } = await prepared({}, { refuse: 'Batch job submission failed: Invalid account specified' })
    await expect(runner.start(job)).rejects.toMatchObject({
      code: 'STEERFLOW_JOB_INVALID',
      message: expect.stringContaining('Invalid account') as string,
    })
  })
})

describe('a pipeline killed with SIGKILL while it submits', () => {
  it('has submitted the attempt once, whichever step it was killed at', async () => {
    const { result: steps } = undisturbed<number>('slurm', (await prepared({})).root)
    expect(steps).toBeGreaterThan(24)
    // From the files of the attempt to the call of sbatch and what follows it; at last it is not killed.
    for (let step = steps - 23; step <= steps + 1; step++) {
      const { root, runner, cluster, launched, trainings, attempt } = await prepared(
        {},
        { submitMs: step % 2 ? 150 : 0 },
      )
      expect(killedAt(step, 'slurm', root)).toBe(step > steps ? null : 'SIGKILL')
      await cluster.submitted()
      const job = await launched()
      // Asked when there is an end: each look costs the start of a process.
      await expect.poll(() => exists(join(attempt, 'finished'))).toBe(true)
      expect(await endOf(runner, job)).toMatchObject({ state: 'succeeded' })
      expect(await cluster.submissions()).toHaveLength(1)
      expect(await trainings()).toHaveLength(1)
    }
  })

  it('leaves it to a person when nobody can tell whether it did', async () => {
    const { root, runner, cluster, job } = await prepared({}, {}, { minJobAgeSeconds: 0 })
    await mkdir(join(root, 'jobs', job.job, 'attempt-1', 'submit-1'), { recursive: true })
    expect(await runner.start(job)).toMatchObject({ state: 'unknown' })
    expect(await cluster.submissions()).toEqual([])
    const elsewhere = { ...job, host: 'elsewhere' }
    expect(await runner.start(elsewhere)).toMatchObject({ state: 'unknown' })
  })
})

describe('an attempt that was submitted twice all the same', () => {
  it('is trained once: the second job does nothing', async () => {
    const { runner, launched, cluster, job, attempt, trainings, letEnd } = await prepared(
      { until: 'go' },
      { startMs: 100 },
    )
    await launched()
    await cluster.set({ forgetAll: true })
    await rm(join(attempt, 'submit-1'), { recursive: true })
    await runner.start(job)
    await cluster.set({})
    expect(await cluster.submissions()).toHaveLength(2)
    const taken = async (): Promise<string> => {
      const id = await readFile(join(attempt, 'slurm-job'), 'utf8').catch(() => '')
      return id.trim() || (await sleep(20), taken())
    }
    const launched_as = await taken()
    await expect
      .poll(() => readFile(join(attempt, 'log'), 'utf8'))
      .toMatch(/job \d has taken this attempt; job \d does nothing/)
    await letEnd()
    expect(await endOf(runner, { ...job, launched_as })).toMatchObject({ state: 'succeeded' })
    expect(await trainings()).toHaveLength(1)
  })
})
