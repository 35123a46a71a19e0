import { describe, expect, it } from 'vitest'
import { SteerflowError } from '../../src/domain/errors.js'
import type { JobEvent } from '../../src/domain/job.js'
import { launch } from '../../src/stages/launch.js'
import type { JobEnd, JobRunner, JobStart, LaunchingRunner } from '../../src/stages/needs.js'
import { portsOf } from '../../src/stages/stage.js'
import { at, job, metric, trained } from '../support/training.js'

/** A launcher that keeps account of what it was asked. */
const recording = (
  calls: string[],
  end: JobEnd,
  started: JobStart = { state: 'launched', id: '7' },
): LaunchingRunner => ({
  rendersOnly: false,
  host: 'here',
  render: async ({ job }) => {
    calls.push(`render ${job}`)
    return `jobs/${job}`
  },
  start: async ({ attempt }) => {
    calls.push(`start ${attempt}`)
    return started
  },
  next: async ({ attempt, state }) => {
    calls.push(`after ${state} ${attempt}`)
    return state === 'launched' ? { state: 'running', detail: 'on node7' } : end
  },
  cancel: () => Promise.reject(new Error('nobody asked')),
})

const foldOf = (runner: JobRunner) =>
  launch.create({ options: { most: {} }, needs: { runners: { runner: () => runner } }, to: portsOf(launch.ports) })

const stateAfter = (fold: ReturnType<typeof foldOf>, events: readonly JobEvent[]) =>
  events.reduce((state, event, index) => fold.step(state, event, at({ offset: BigInt(index) })), launch.initial())

/** Runs events, and everything that they cause, to the end; as the runtime does. */
async function run(runner: JobRunner, events: readonly JobEvent[]) {
  const fold = foldOf(runner)
  let state = launch.initial()
  const steps: string[] = []
  const models: string[] = []
  const todo = [...events]
  for (;;) {
    const event = todo.shift()
    const pursuit = event ? undefined : fold.pursue!(state)[0]
    if (!event && !pursuit) return { steps, models, state }
    if (event) state = fold.step(state, event, at())
    const emissions = event ? await fold.act(state, event, at()) : await pursuit!.run(new AbortController().signal)
    if (event) steps.push(`${event.state} ${event.attempt}`)
    for (const emission of emissions) {
      if (emission.to === 'jobs') todo.push(emission.value)
      else models.push(`${emission.value.model.at(-1)} ${emission.value.state}`)
    }
  }
}

const succeeded: JobEnd = { state: 'succeeded', model: trained('a'.repeat(64), [metric(0.5, 0.4)]) }

describe('launch', () => {
  it('carries a request to a registered model', async () => {
    const calls: string[] = []
    const { steps, models, state } = await run(recording(calls, succeeded), [job()])
    expect(steps).toEqual(['requested 0', 'launching 1', 'launched 1', 'running 1', 'succeeded 1'])
    expect(calls).toEqual([
      'render value-model-dddddddddddd-baseline',
      'start 1',
      'after launched 1',
      'after running 1',
    ])
    expect(models).toEqual(['a registered'])
    expect([...state.jobs.values()][0]).toMatchObject({
      host: 'here',
      folder: 'jobs/value-model-dddddddddddd-baseline',
      launched_as: '7',
    })
  })

  it('leaves a start of which nobody can tell whether it happened to a person', async () => {
    const calls: string[] = []
    const unknown: JobStart = { state: 'unknown', detail: 'squeue and sacct know nothing of it' }
    const { steps, state } = await run(recording(calls, succeeded, unknown), [job()])
    expect(steps).toEqual(['requested 0', 'launching 1', 'unknown 1'])
    expect([...state.jobs.values()][0]?.detail).toBe(unknown.detail)
    expect(calls.at(-1)).toBe('start 1')
  })

  it('does not launch what was cancelled before, and goes on with what was not', async () => {
    const calls: string[] = []
    const late = job({ state: 'cancelled', attempt: 1 })
    const { steps } = await run(recording(calls, succeeded), [job({ state: 'cancelled' }), job(), late])
    expect(steps.filter(step => step.startsWith('running'))).toEqual(['running 1'])
    const before = await run(recording([], succeeded), [job(), job({ state: 'cancelled' })])
    expect(before.steps).not.toContain('launched 1')
  })

  it('registers nothing where a job leaves nothing that could be', async () => {
    const { models, state } = await run(recording([], { state: 'succeeded', model: null }), [job()])
    expect(models).toEqual([])
    expect([...state.jobs.values()][0]?.detail).toBe('baseline leaves no model that could be registered')
  })

  it('ends a job of a launcher that only renders with its files', async () => {
    const { steps, state } = await run({ rendersOnly: true, render: async () => 'jobs/j' }, [job()])
    expect(steps).toEqual(['requested 0', 'rendered 0'])
    expect([...state.jobs.values()][0]).toMatchObject({ folder: 'jobs/j', detail: 'run it with run.sh in its folder' })
  })

  it('does not start a job again that is asked for again', async () => {
    const calls: string[] = []
    const { steps } = await run(recording(calls, succeeded), [job(), job()])
    expect(steps).toEqual(['requested 0', 'requested 0', 'launching 1', 'launched 1', 'running 1', 'succeeded 1'])
    expect(calls.filter(call => call.startsWith('start'))).toEqual(['start 1'])
  })

  it('starts a retry as the next attempt', async () => {
    const calls: string[] = []
    const failed: JobEnd = { state: 'failed', detail: 'exit code 1' }
    const { steps } = await run(recording(calls, failed), [
      job(),
      job({ state: 'launching', attempt: 1 }),
      job({ state: 'launched', attempt: 1 }),
      job({ state: 'failed', attempt: 1 }),
      job({ attempt: 1 }),
    ])
    expect(steps.slice(-4)).toEqual(['launching 2', 'launched 2', 'running 2', 'failed 2'])
    expect(calls.at(-1)).toBe('after running 2')
  })

  it('launches after a crash what had been announced', async () => {
    const calls: string[] = []
    const fold = foldOf(recording(calls, succeeded))
    const announced = job({ state: 'launching', attempt: 1, host: 'here' })
    const state = stateAfter(fold, [job(), announced])
    expect(await fold.act(state, announced, at())).toEqual([
      { to: 'jobs', value: { ...announced, state: 'launched', launched_as: '7' } },
    ])
    expect(calls).toEqual(['start 1'])
  })

  it('goes on waiting after a restart, under the same key', async () => {
    const fold = foldOf(recording([], succeeded))
    const events = [job(), job({ state: 'launching', attempt: 1 }), job({ state: 'launched', attempt: 1 })]
    const keys = [1, 2].map(() => fold.pursue!(stateAfter(fold, events)).map(({ key }) => key))
    expect(keys[0]).toEqual(['value-model-dddddddddddd-baseline attempt 1 launched'])
    expect(keys[1]).toEqual(keys[0])
  })

  it('fails a job that can never run, and passes on what may pass', async () => {
    const throwing = (code: 'STEERFLOW_JOB_INVALID' | 'STEERFLOW_STORAGE') =>
      run({ rendersOnly: true, render: () => Promise.reject(new SteerflowError(code, 'no such key')) }, [job()])
    const { steps, state } = await throwing('STEERFLOW_JOB_INVALID')
    expect(steps).toEqual(['requested 0', 'failed 0'])
    expect([...state.jobs.values()][0]?.detail).toBe('no such key')
    await expect(throwing('STEERFLOW_STORAGE')).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
  })
})
