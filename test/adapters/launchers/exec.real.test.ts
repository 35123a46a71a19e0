import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readOwner } from '../../../src/adapters/launchers/exec/attempt.js'
import { ExecRunner } from '../../../src/adapters/launchers/exec/exec-runner.js'
import { isGroupRunning } from '../../../src/adapters/processes/identity.js'
import { sha256 } from '../../../src/domain/digest.js'
import { type JobEvent } from '../../../src/domain/job.js'
import { killedAt, startWork, undisturbed } from '../../support/killed-at.js'
import { attributeSetName, job as anyJob, snapshot } from '../../support/training.js'
import { temporaryFolder } from '../../support/temporary.js'

const programs = {
  steerflow: [process.execPath, fileURLToPath(new URL('../../support/fake-trainer.mjs', import.meta.url))],
}

interface Behaviour {
  readonly milliseconds?: number
  readonly code?: number
  readonly stubborn?: boolean
  readonly child?: boolean
  readonly model?: boolean
}

/** A storage root with a snapshot whose job behaves as told, and a launched job on it. */
async function prepared(behaviour: Behaviour) {
  const root = await temporaryFolder()
  const folder = join(root, snapshot.path)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'behaviour.json'), JSON.stringify(behaviour))
  const job = anyJob({ state: 'launched', attempt: 1, host: hostname() })
  await writeFile(join(root, 'job.json'), JSON.stringify({ job, programs }))
  const runner = new ExecRunner(root, { programs, pollMs: 20, graceMs: 500 })
  const starts = async () =>
    (await readFile(join(folder, 'starts'), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean)
  return { root, job, runner, starts, attempt: join(root, 'jobs', job.job, 'attempt-1') }
}

const endOf = (runner: ExecRunner, job: JobEvent) =>
  runner.next({ ...job, state: 'running' }, AbortSignal.timeout(60_000))

async function running(starts: () => Promise<readonly string[]>): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    const [pid] = await starts()
    if (pid) return Number(pid)
    await sleep(20)
  }
  throw new Error('the job did not start')
}

describe('a job run on this machine', () => {
  it('ends with the model that it made', async () => {
    const { runner, job, starts } = await prepared({})
    await runner.start(job)
    expect(await endOf(runner, job)).toEqual({
      state: 'succeeded',
      model: {
        model: `value-model-${sha256('{"weights": []}').slice(0, 12)}`,
        role: 'value',
        digest: sha256('{"weights": []}'),
        path: `jobs/${job.job}/attempt-1/output/model.json`,
        kind: 'baseline',
        attribute_set: attributeSetName,
        dataset: 'value-model',
        snapshot: snapshot.digest,
        job: job.job,
        metrics: [],
      },
    })
    expect(await starts()).toHaveLength(1)
  })

  it('runs as soon as somebody watches it, and is found running by whoever looks', async () => {
    const { root, runner, job } = await prepared({ milliseconds: 500 })
    expect(await runner.start(job)).toEqual({ state: 'launched', id: null })
    const another = new ExecRunner(root, { programs, pollMs: 20 })
    expect(await another.next(job, AbortSignal.timeout(60_000))).toEqual({ state: 'running', detail: null })
    expect(await endOf(runner, job)).toMatchObject({ state: 'succeeded' })
    expect(await another.next(job, AbortSignal.timeout(60_000))).toEqual({ state: 'running', detail: null })
  })

  it('fails with its exit code and the end of its log', async () => {
    const { runner, job } = await prepared({ code: 3 })
    await runner.start(job)
    expect(await endOf(runner, job)).toEqual({ state: 'failed', detail: 'exit code 3; training | done with 3' })
  })

  it('fails when it leaves no model', async () => {
    const { runner, job } = await prepared({ model: false })
    await runner.start(job)
    expect(await endOf(runner, job)).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('left no usable model') as string,
    })
  })

  it('fails when its program does not exist', async () => {
    const { root, job } = await prepared({})
    const runner = new ExecRunner(root, { programs: { steerflow: ['/no/such/program'] } })
    await runner.start(job)
    expect(await endOf(runner, job)).toEqual({ state: 'failed', detail: 'spawn /no/such/program ENOENT' })
  })

  it('fails when it is killed', async () => {
    const { runner, job, starts } = await prepared({ milliseconds: 60_000 })
    await runner.start(job)
    process.kill(await running(starts), 'SIGKILL')
    expect(await endOf(runner, job)).toEqual({ state: 'failed', detail: 'ended by SIGKILL; training' })
  })

  it('is started once, however many start it', async () => {
    const { root, runner, job, starts } = await prepared({ milliseconds: 300 })
    const others = [1, 2, 3].map(() => new ExecRunner(root, { programs, pollMs: 20 }))
    await Promise.all([runner, ...others].map(each => each.start(job)))
    await runner.start(job)
    expect(await Promise.all(others.map(each => endOf(each, job)))).toHaveLength(3)
    expect(await starts()).toHaveLength(1)
  })

  it('stops being waited for when the run stops, and goes on', async () => {
    const { runner, job } = await prepared({ milliseconds: 500 })
    await runner.start(job)
    await expect(runner.next({ ...job, state: 'running' }, AbortSignal.timeout(50))).rejects.toThrow()
    expect(await endOf(runner, job)).toMatchObject({ state: 'succeeded' })
  })

  it('is cancelled with everything that it started', async () => {
    const { runner, job, starts, attempt } = await prepared({ milliseconds: 60_000, child: true })
    await runner.start(job)
    await running(starts)
    await runner.cancel(job)
    expect(await endOf(runner, job)).toEqual({ state: 'cancelled', detail: 'cancelled while it ran' })
    expect(await isGroupRunning((await readOwner(attempt))!)).toBe(false)
  })

  it('is cancelled by force when it does not listen', async () => {
    const { runner, job, starts } = await prepared({ milliseconds: 60_000, stubborn: true })
    await runner.start(job)
    await running(starts)
    await runner.cancel(job)
    expect(await endOf(runner, job)).toEqual({ state: 'cancelled', detail: 'cancelled by force' })
  })

  it('cannot be cancelled where it does not run', async () => {
    const { runner, job } = await prepared({})
    await expect(runner.cancel(job)).rejects.toMatchObject({ code: 'STEERFLOW_USAGE' })
  })
})

describe('a job of which nobody can tell the end', () => {
  it('runs on without the process that watched it, and is unknown then', async () => {
    const { runner, job, starts, attempt } = await prepared({ milliseconds: 1500 })
    await runner.start(job)
    const pid = await running(starts)
    process.kill((await readOwner(attempt))!.pid, 'SIGKILL')
    await expect(runner.next({ ...job, state: 'running' }, AbortSignal.timeout(300))).rejects.toThrow()
    expect(() => process.kill(pid, 0)).not.toThrow()
    expect(await endOf(runner, job)).toMatchObject({ state: 'unknown' })
  })

  it('is unknown on another machine, and where there is no trace of it', async () => {
    const { runner, job } = await prepared({})
    expect(await endOf(runner, { ...job, host: 'elsewhere' })).toMatchObject({
      state: 'unknown',
      detail: expect.stringMatching(/^it was launched on elsewhere/) as string,
    })
    expect(await endOf(runner, job)).toMatchObject({
      state: 'unknown',
      detail: expect.stringContaining('no trace') as string,
    })
  })
})

describe('a pipeline killed with SIGKILL', () => {
  it('has started the job once, whichever step of the start it was killed at', async () => {
    const first = await prepared({})
    const { result: steps } = undisturbed<number>('launch', first.root)
    expect(steps).toBeGreaterThan(3)
    for (let step = 1; step <= steps; step++) {
      const { root, runner, job, starts } = await prepared({ milliseconds: 200 })
      expect(killedAt(step, 'launch', root)).toBe('SIGKILL')
      await runner.start(job)
      expect(await endOf(runner, job)).toMatchObject({ state: 'succeeded' })
      expect(await starts()).toHaveLength(1)
    }
  })

  it.each([0, 30, 100, 200, 400])('after %d ms of running does not lose the result of its job', async milliseconds => {
    const { root, runner, job, starts } = await prepared({ milliseconds: 300 })
    const pipeline = startWork('launch', root)
    await running(starts)
    await sleep(milliseconds)
    pipeline.kill('SIGKILL')
    await sleep(200)
    await runner.start(job)
    expect(await endOf(runner, job)).toMatchObject({ state: 'succeeded' })
    expect(await starts()).toHaveLength(1)
  })
})

describe('the folder of an attempt', () => {
  it('holds its process, its end, its log and its output, and nothing half-written', async () => {
    const { runner, job, attempt } = await prepared({})
    await runner.start(job)
    await endOf(runner, job)
    const own = ['exit.json', 'job.json', 'log', 'output', 'pid.json', 'run.sh']
    expect((await readdir(attempt)).sort()).toEqual(own)
    expect((await readdir(join(attempt, 'output'))).sort()).toEqual(['metrics.json', 'model.json'])
  })
})
