import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { logEnd, readOwner } from '../../../src/adapters/launchers/exec/attempt.js'
import { ExecRunner } from '../../../src/adapters/launchers/exec/exec-runner.js'
import { isGroupRunning } from '../../../src/adapters/processes/identity.js'
import { exists } from '../../../src/adapters/storage/durable.js'
import { sha256 } from '../../../src/domain/digest.js'
import type { JobEvent } from '../../../src/domain/job.js'
import { killedAt, startWork, undisturbed } from '../../support/killed-at.js'
import { attributeSetName, job as anyJob, snapshot } from '../../support/training.js'
import { temporaryFolder } from '../../support/temporary.js'

const programs = {
  steerflow: [process.execPath, fileURLToPath(new URL('../../support/fake-trainer.mjs', import.meta.url))],
}

interface Behaviour {
  readonly milliseconds?: number
  /** The job ends when there is a file of this name in the folder of its snapshot. */
  readonly until?: string
  readonly code?: number
  readonly stubborn?: boolean
  readonly child?: boolean
  readonly model?: boolean
}

/** A storage root with a snapshot whose job behaves as told, and a launched job on it. */
async function prepared(behaviour: Behaviour, graceMs = 60_000) {
  const root = await temporaryFolder()
  const folder = join(root, snapshot.path)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'behaviour.json'), JSON.stringify(behaviour))
  const job = anyJob({ state: 'launched', attempt: 1, host: hostname() })
  await writeFile(join(root, 'job.json'), JSON.stringify({ job, programs }))
  const runner = new ExecRunner(root, { programs, pollMs: 20, graceMs })
  const starts = async () =>
    (await readFile(join(folder, 'starts'), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean)
  /** Lets a job end that behaves `until: 'go'`. */
  const letEnd = () => writeFile(join(folder, 'go'), '')
  return { root, job, runner, starts, letEnd, attempt: join(root, 'jobs', job.job, 'attempt-1') }
}

const endOf = (runner: ExecRunner, job: JobEvent) =>
  runner.next({ ...job, state: 'running' }, AbortSignal.timeout(60_000))

async function running(starts: () => Promise<readonly string[]>): Promise<number> {
  await expect.poll(starts, { timeout: 60_000 }).not.toEqual([])
  return Number((await starts())[0])
}

describe('a job run on this machine', () => {
  it('sees no secret of the pipeline that is not named to it', async () => {
    const canaries = {
      AWS_SECRET_ACCESS_KEY: 'canary-1',
      STEERFLOW_REGISTRY_PASSWORD: 'canary-2',
      HF_TOKEN: 'canary-3',
      MY_API_KEY: 'canary-4',
      WANDB_API_KEY: 'wanted',
      NCCL_DEBUG: 'INFO',
    }
    for (const [name, value] of Object.entries(canaries)) vi.stubEnv(name, value)
    const { root, job, attempt } = await prepared({})
    const printing = { steerflow: [process.execPath, '-e', 'console.log(JSON.stringify(process.env))'] }
    const runner = new ExecRunner(root, { programs: printing, pollMs: 20, environment: ['WANDB_API_KEY'] })
    await runner.start(job)
    await endOf(runner, job)
    vi.unstubAllEnvs()
    const log = await readFile(join(attempt, 'log'), 'utf8')
    expect(log).not.toContain('canary')
    expect(JSON.parse(log.split('\n')[0]!)).toMatchObject({
      PATH: process.env.PATH,
      WANDB_API_KEY: 'wanted',
      NCCL_DEBUG: 'INFO',
    })
  })

  it.each([
    ['torn', '{"pid": 12'],
    ['of the process that everything descends from', '{"pid": 1, "started": "", "boot": ""}'],
    ['of another kind', '[]'],
    ['empty', ''],
    ['huge', 'x'.repeat(2 << 20)],
  ])('is left to a person where its pid file is %s, and nobody is signalled', async (_, text) => {
    const { job, runner, starts, attempt } = await prepared({ milliseconds: 60_000 })
    await mkdir(attempt, { recursive: true })
    await writeFile(join(attempt, 'pid.json'), text)
    const unknown = { state: 'unknown', detail: expect.stringContaining('cannot be read') as string }
    expect(await runner.start(job)).toEqual(unknown)
    expect(await runner.next(job, AbortSignal.timeout(60_000))).toEqual(unknown)
    await expect(runner.cancel(job)).rejects.toMatchObject({ code: 'STEERFLOW_USAGE' })
    expect(await starts()).toEqual([])
  })

  it.each([
    ['torn', '{"code": 0'],
    ['of another kind', '{"code": "zero"}'],
    ['a folder', null],
  ])('is left to a person where its end is %s', async (_, text) => {
    const { job, runner, attempt } = await prepared({})
    await runner.start(job)
    await endOf(runner, job)
    await rm(join(attempt, 'exit.json'))
    await (text === null ? mkdir(join(attempt, 'exit.json')) : writeFile(join(attempt, 'exit.json'), text))
    expect(await endOf(runner, job)).toMatchObject({ state: 'unknown' })
  })

  it.each([
    ['a link to a file', (outside: string, log: string) => symlink(outside, log)],
    ['a link to nothing', (outside: string, log: string) => symlink(`${outside}-absent`, log)],
    ['a folder', (_: string, log: string) => mkdir(log)],
  ])('is not started where its log is %s, of which nothing is read or written', async (_, make) => {
    const { root, job, runner, starts, attempt } = await prepared({})
    const outside = join(root, 'outside')
    await writeFile(outside, 'somebody else writes here')
    await mkdir(attempt, { recursive: true })
    await make(outside, join(attempt, 'log'))
    await expect(runner.start(job)).rejects.toMatchObject({ code: 'STEERFLOW_PATH_OUTSIDE', kind: 'permanent' })
    expect(await logEnd(attempt)).toBe('')
    expect(await starts()).toEqual([])
    expect(await readFile(outside, 'utf8')).toBe('somebody else writes here')
    expect(await readdir(root)).not.toContain('outside-absent')
  })

  it('is cancelled by a file of its own: what a link in its place leads to stays as it is', async () => {
    const { root, job, runner, starts, attempt } = await prepared({ milliseconds: 60_000 })
    await writeFile(join(root, 'outside'), 'x')
    await runner.start(job)
    await running(starts)
    await symlink(join(root, 'outside'), join(attempt, 'cancelled'))
    await runner.cancel(job)
    expect(await readFile(join(root, 'outside'), 'utf8')).toBe('x')
  })

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
    const { root, runner, job, letEnd } = await prepared({ until: 'go' })
    expect(await runner.start(job)).toEqual({ state: 'launched', id: null })
    const another = new ExecRunner(root, { programs, pollMs: 20 })
    expect(await another.next(job, AbortSignal.timeout(60_000))).toEqual({ state: 'running', detail: null })
    await letEnd()
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
    const { root, runner, job, starts, letEnd } = await prepared({ until: 'go' })
    const others = [1, 2, 3].map(() => new ExecRunner(root, { programs, pollMs: 20 }))
    await Promise.all([runner, ...others].map(each => each.start(job)))
    await runner.start(job)
    await letEnd()
    expect(await Promise.all(others.map(each => endOf(each, job)))).toHaveLength(3)
    expect(await starts()).toHaveLength(1)
  })

  it('stops being waited for when the run stops, and goes on', async () => {
    const { runner, job, starts, letEnd } = await prepared({ until: 'go' })
    await runner.start(job)
    await running(starts)
    await expect(runner.next({ ...job, state: 'running' }, AbortSignal.timeout(50))).rejects.toThrow()
    await letEnd()
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
    const { runner, job, starts } = await prepared({ milliseconds: 60_000, stubborn: true }, 500)
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
    const { runner, job, starts, attempt, letEnd } = await prepared({ until: 'go' })
    await runner.start(job)
    const pid = await running(starts)
    process.kill((await readOwner(attempt))!.pid, 'SIGKILL')
    await expect(runner.next({ ...job, state: 'running' }, AbortSignal.timeout(300))).rejects.toThrow()
    expect(() => process.kill(pid, 0)).not.toThrow()
    await letEnd()
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
      const { root, runner, job, starts, letEnd } = await prepared({ until: 'go' })
      expect(killedAt(step, 'launch', root)).toBe('SIGKILL')
      await runner.start(job)
      await letEnd()
      expect(await endOf(runner, job)).toMatchObject({ state: 'succeeded' })
      expect(await starts()).toHaveLength(1)
    }
  })

  it.each(['before the kill', 'while no pipeline runs', 'when the next one waits for it'])(
    'does not lose the result of its job, which ends %s',
    async when => {
      const { root, runner, job, starts, letEnd, attempt } = await prepared({ until: 'go' })
      const pipeline = startWork('launch', root)
      const gone = once(pipeline, 'exit')
      const end = async () => {
        await letEnd()
        await expect.poll(() => exists(join(attempt, 'exit.json')), { timeout: 60_000 }).toBe(true)
      }
      await running(starts)
      if (when === 'before the kill') await end()
      pipeline.kill('SIGKILL')
      await gone
      if (when === 'while no pipeline runs') await end()
      await runner.start(job)
      await letEnd()
      expect(await endOf(runner, job)).toMatchObject({ state: 'succeeded' })
      expect(await starts()).toHaveLength(1)
    },
  )
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
