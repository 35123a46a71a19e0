import { describe, expect, it } from 'vitest'
import { activeValueModel } from '../../../src/adapters/models/value-models.js'
import { stuckWatch, type Watching } from '../../../src/cli/run/stuck.js'
import { loadConfig } from '../../../src/cli/load-config.js'
import { openWorkspace } from '../../../src/cli/workspace.js'
import { SteerflowError } from '../../../src/domain/errors.js'
import type { JobEvent } from '../../../src/domain/job.js'
import { encode } from '../../../src/stages/node.js'
import { jobs as topic } from '../../../src/topics.js'
import { temporaryFolder } from '../../support/temporary.js'
import { job } from '../../support/training.js'
import { rowOf as row } from '../../support/live-row.js'

const still = [row('preprocess', { in: 2 }), row('annotate', { inFlight: 2 }), row('seal-scored')]
const gate = (rule: string, value: string | number, threshold: number | null) => ({
  rule,
  value,
  threshold,
  held: false,
})
const refused = (...gates: ReturnType<typeof gate>[]): Partial<JobEvent> => ({
  state: 'refused',
  decision: { train: false, rule: gates.map(({ rule }) => rule).join(' and '), values: {}, gates },
})

/** A watch on a log with these steps of jobs; `at` looks at a time in milliseconds. */
async function watched(steps: readonly Partial<JobEvent>[], given: Partial<Watching> = {}) {
  const workspace = await openWorkspace(loadConfig({ set: [`dataDir=${await temporaryFolder()}`] }), { begins: true })
  await workspace.log.publish(steps.map(step => encode(topic, job(step))))
  const broken: { is: SteerflowError | null } = { is: null }
  const log = new Proxy(workspace.log, {
    get: (to, key) => {
      if (key === 'state' && broken.is) return () => Promise.reject(broken.is!)
      const value: unknown = Reflect.get(to, key, to)
      return typeof value === 'function' ? (value.bind(to) as unknown) : value
    },
  })
  const look = stuckWatch(
    { ...workspace, log },
    {
      waits: () => [{ what: activeValueModel, waiting: 2, since: 0 }],
      calls: () => 0,
      outage: () => null,
      retryForMs: 60_000,
      trains: true,
      ...given,
    },
  )
  return {
    workspace,
    broken,
    at: (now: number, rows = still, sourcesEnded = true) => look({ rows, sourcesEnded }, now),
    close: () => workspace.close(),
  }
}

describe('a run that waits for a value model which nobody makes', () => {
  it.each([
    ['no job at all', [], 'no job was requested for the dataset value-model'],
    [
      'several attribute sets',
      [refused(gate('one attribute set', 'helpsteer-5@1, oasst-12-lang@1', null))],
      'was refused: its records have several attribute sets, helpsteer-5@1, oasst-12-lang@1',
    ],
    ['nobody trains', [refused(gate('trainer', 'none', null))], 'value-model has no trainer; set datasets'],
    ['too few records', [refused(gate('records', 3, 10))], 'records: 3 seen, at least 10 required; change datasets'],
    [
      'cancelled',
      [{}, { state: 'cancelled' as const, detail: 'by a person' }],
      'is cancelled (by a person): steerflow jobs',
    ],
    ['only rendered', [{}, { state: 'rendered' as const, folder: 'jobs/j' }], 'run run.sh in jobs/j'],
    [
      'not promoted',
      [{}, ...(['launching', 'launched', 'succeeded'] as const).map(state => ({ state, attempt: 1 }))],
      'its model is not active',
    ],
  ])('ends with the reason: %s', async (_, steps, reason) => {
    const { at, close } = await watched(steps)
    await at(0)
    await expect(at(10_000)).rejects.toMatchObject({
      code: 'STEERFLOW_STUCK',
      message: expect.stringContaining(reason) as string,
    })
    await close()
  })

  it('is told within seconds where the decision is on record', async () => {
    const { at, close } = await watched([refused(gate('records', 3, 10))])
    await at(0)
    await expect(at(2_000)).rejects.toMatchObject({ code: 'STEERFLOW_STUCK' })
    await close()
  })

  it('goes on while something moves, is open, is asked, or is still to be taken in', async () => {
    const { at, close } = await watched([])
    await at(0)
    await at(10_000, [row('preprocess', { in: 3 }), ...still.slice(1)])
    await at(15_000, [row('preprocess', { in: 3, behind: 1 }), ...still.slice(1)])
    await at(20_000, still)
    await at(29_000, still, false)
    await at(39_000)
    await expect(at(49_000)).rejects.toMatchObject({ code: 'STEERFLOW_STUCK' })
    await close()
    const asking = await watched([], { calls: () => 1 })
    await asking.at(0)
    await asking.at(99_000)
    await asking.close()
    const open = await watched([{}])
    await open.at(0)
    await open.at(99_000)
    await open.close()
    const nothing = await watched([], { waits: () => [] })
    await nothing.at(0)
    await nothing.at(99_000)
    await nothing.close()
  })
})

it('a failed job ends the run with its detail, unless the run does not train', async () => {
  const steps = [{}, { state: 'failed' as const, detail: 'exit code 1' }]
  const trains = await watched(steps)
  await expect(trains.at(0)).rejects.toMatchObject({
    code: 'STEERFLOW_JOB_FAILED',
    message: expect.stringContaining('exit code 1') as string,
  })
  await trains.close()
  const relabels = await watched(steps, { trains: false })
  await relabels.at(0)
  await relabels.close()
})

it('an outage that lasts too long ends the run with what the server said', async () => {
  const now = { ms: 59_999, cause: 'http://gpu1: status 401: who are you' }
  const { at, close } = await watched([], { outage: () => now })
  await at(0)
  now.ms = 60_000
  await expect(at(1)).rejects.toMatchObject({
    code: 'STEERFLOW_OUTAGE',
    message: expect.stringContaining('who are you') as string,
  })
  await close()
})

it('a log that cannot be read is waited out; what is wrong with it is not', async () => {
  const { at, broken, close } = await watched([{}, { state: 'failed', detail: 'it broke' }])
  broken.is = new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', 'no broker')
  await at(0)
  broken.is = new SteerflowError('STEERFLOW_LOG_CORRUPT', 'torn')
  await expect(at(1)).rejects.toMatchObject({ code: 'STEERFLOW_LOG_CORRUPT' })
  broken.is = null
  await expect(at(2)).rejects.toMatchObject({ code: 'STEERFLOW_JOB_FAILED' })
  await close()
})
