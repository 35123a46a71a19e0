import { isUnderWay, jobStates } from '../../src/domain/job-states.js'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { Config } from '../../src/cli/config.js'
import { readTopic } from '../../src/cli/read-topic.js'
import { collectGarbage, type Garbage } from '../../src/cli/training/collect-garbage.js'
import { openWorkspace, type Workspace } from '../../src/cli/workspace.js'
import type { SteerflowError } from '../../src/domain/errors.js'
import { readAll } from '../../src/runtime/read-all.js'
import { encode, reader } from '../../src/stages/node.js'
import { pipeline } from '../../src/pipeline.js'
import * as topics from '../../src/topics.js'
import { startPipeline } from './pipeline-process.js'
import { faultsOf, type Published } from './sealed-checker.js'
import { conversation } from './training.js'

/** Where the pipeline can be killed. */
export const steps = ['spool write', 'fsync', 'rename', 'manifest', 'commit', 'snapshot', 'trigger', 'launch'] as const
export type Step = (typeof steps)[number]

/** A kill: at the how manieth time that a process comes to a step, before or after what is done there. */
export interface Kill {
  readonly step: Step
  readonly at: number
  readonly after: boolean
  /** A code such as EIO that the step fails with, in place of the kill. */
  readonly fail?: string
}

const origins = ['a', 'b', 'c'] as const

/** A configuration of small cuts; `newSinceLast` train records of a dataset ask for a job. */
export const killConfig = (dataDir: string, newSinceLast: number, more: object = {}): z.input<typeof Config> => ({
  dataDir,
  datasets: {
    'kill-{origin}': {
      seal: { records: 10 },
      trainer: 'baseline',
      launcher: 'exec',
      when: { newSinceLast, validation: 0, coverage: 0, stability: null },
    },
  },
  ...more,
})

/** Opens the workspace; not to be done beside a process that starts. */
export const openFor = (config: z.input<typeof Config>): Promise<Workspace> =>
  openWorkspace(Config.parse(config), { begins: true })

/** Publishes records, from that number on, of three datasets and both splits, one of them with another attribute set. */
export async function publish({ log }: Workspace, count: number, from = 0): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => from + index).map(at =>
    conversation(`record-${at}`, {
      origin: origins[at % 3]!,
      split: at % 5 === 4 ? 'validation' : 'train',
      attribute_set: at % 3 === 2 ? 'helpsteer-5@1' : 'oasst-12-lang@1',
      text: 'x'.repeat((at * 37) % 900),
    }),
  )
  await log.publish(records.map(record => encode(topics.scored, record)))
}

/** Runs the pipeline until it is stopped by SIGTERM. */
export const keepRunning = (config: z.input<typeof Config>) =>
  startPipeline('./killed-pipeline.mjs', { config, untilIdle: false })

/** Runs the pipeline until it is idle, or is killed. */
export const runPipeline = (config: z.input<typeof Config>, kill?: Kill) =>
  startPipeline('./killed-pipeline.mjs', { config, ...kill })

/** Collects garbage again and again until it is stopped; returns what was removed. */
export function collecting({ log, files }: Workspace) {
  let stopped = false
  const removed: Garbage[] = []
  const seals = pipeline.filter(({ stage }) => stage.kind === 'closing')
  const done = (async () => {
    while (!stopped) {
      const found = collectGarbage({ log, files, seals, triggers: ['trigger'], older: true, dryRun: false })
      try {
        for await (const one of found) removed.push(one)
      } catch (error) {
        // A server that keeps objects as files may fail to list what is removed meanwhile: the next pass finds the rest.
        if ((error as SteerflowError).code !== 'STEERFLOW_STORAGE_AWAY') throw error
      }
      await sleep(20)
    }
  })()
  return {
    stop: async (): Promise<readonly Garbage[]> => {
      stopped = true
      await done
      return removed
    },
  }
}

/** All that is wrong after a run to the end: with the shards, or with jobs that were not launched exactly once. */
export async function faults({ log, files, root }: Workspace): Promise<readonly string[]> {
  const read = reader(topics.scored)
  const published: Published[] = []
  for await (const { partition, offset, value } of readAll(log, topics.scored.name)) {
    const record = read(value)
    published.push({ partition, offset, dataset: `kill-${record.steerflow.origin}`, record })
  }
  const events = await readTopic(log, topics.shards)
  const manifests = events.flatMap(({ manifest }) => (manifest ? [manifest] : []))
  const found = [...(await faultsOf(files, published, manifests))]
  const steps = await readTopic(log, topics.jobs)
  const jobs = jobStates(steps)
  const newest = new Map([...jobs.values()].filter(({ state }) => state !== 'refused').map(job => [job.dataset, job]))
  for (const { job, dataset, state, snapshot, superseded_by: by } of jobs.values()) {
    if (state === 'refused') continue
    const isSuperseded = state === 'cancelled' && by !== undefined && newest.get(dataset)!.job !== job
    if (state !== 'succeeded' && !isSuperseded) found.push(`${job} is ${state}`)
    const starts = await readFile(join(root, snapshot.path, 'starts'), 'utf8').catch(() => '')
    const [count, right] = [starts.split('\n').length - 1, isSuperseded ? 0 : 1]
    if (count !== right) found.push(`${job} was started ${count} times`)
  }
  if (newest.size === 0) found.push('there are no jobs')
  for (const at of steps.keys()) {
    const running = [...jobStates(steps.slice(0, at + 1)).values()].filter(({ state }) => isUnderWay(state))
    if (running.length > 1) found.push(`${running.map(({ job }) => job).join(' and ')} were under way at once`)
  }
  return found
}
