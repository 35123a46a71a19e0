import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { z } from 'zod'
import { startRound } from '../../src/cli/bootstrap/start.js'
import { Config } from '../../src/cli/config.js'
import { readTopic } from '../../src/cli/read-topic.js'
import { liveOf } from '../../src/cli/training/datasets.js'
import { snapshotsOf } from '../../src/cli/training/snapshots.js'
import { openWorkspace, type Workspace } from '../../src/cli/workspace.js'
import { encode } from '../../src/stages/node.js'
import * as topics from '../../src/topics.js'
import { startContractServer } from './contract-server/server.js'
import { startPipeline } from './pipeline-process.js'
import { temporaryFolder } from './temporary.js'
import { conversation } from './training.js'

/** The nodes of a round that publish something, in the order in which its records come to them. */
export const nodesOfRounds = [
  'open-round',
  'sample',
  'score',
  'gate',
  'clean-bootstrap',
  'seal-bootstrap',
  'count-sealed',
  'close-round',
  'trigger',
  'launch',
  'note-trained',
] as const

/** A kill: at the how manieth commit with which a node publishes something, before or after it. */
export interface Kill {
  readonly node: (typeof nodesOfRounds)[number]
  readonly at: number
  readonly after: boolean
}

type Given = z.input<typeof Config>

/** A configuration of rounds with few prompts; `more` comes over it. */
const roundsConfig = (dataDir: string, policy: string, value: string, more: Given = {}): Given => ({
  dataDir,
  sample: { endpoints: [{ url: policy }] },
  annotate: { endpoints: [{ url: value }] },
  bootstrap: {
    auto: true,
    prompts: { count: 12 },
    samples: 3,
    maxTokens: 40,
    gate: { floor: { quality: 2 } },
    stop: { rounds: 1000, acceptance: 0, guards: false },
  },
  datasets: {
    steerlm: { trainer: 'none' },
    'bootstrap-{round}': { trainer: 'baseline', launcher: 'exec', seal: { ageSeconds: 600 } },
  },
  ...more,
})

/** Runs the pipeline until it is idle, or is killed. */
const runRounds = (config: Given, kill?: Kill) => startPipeline('./killed-rounds.mjs', { config, ...kill }).ended

/** Opens the workspace; not to be done beside a process that starts. */
const openFor = (config: Given): Promise<Workspace> => openWorkspace(Config.parse(config), { begins: true })

/** Publishes the training data of prompts that all differ, for `seal-scored`. */
async function publishTraining({ log }: Workspace, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, at) => {
    const { conversations, ...rest } = conversation(`record-${at}`)
    const [question, answer] = conversations
    const label = `quality:${at % 5},toxicity:0,humor:${at % 3},creativity:0,violence:0,helpfulness:4,not_appropriate:0,hate_speech:0,sexual_content:0,fails_task:0,political_content:0,moral_judgement:0,lang:en`
    return {
      ...rest,
      conversations: [
        { ...question!, value: `Question ${at}?` },
        { ...answer!, label },
      ],
    }
  })
  await log.publish(records.map(record => encode(topics.scored, record)))
}

/** Makes the training snapshot of what is sealed. */
async function snapshotTraining(workspace: Workspace): Promise<void> {
  const manifests = liveOf(await readTopic(workspace.log, topics.shards), 'steerlm')
  await (await snapshotsOf(workspace)).materialise('steerlm', manifests)
}

/** Asks for the next round, whatever became of the model of the one before. */
const nextRound = (workspace: Workspace): Promise<unknown> =>
  startRound(workspace, { withoutModel: true }, () => undefined)

/** All that is wrong with the rounds after a run to the end. */
async function faultsOfRounds({ log, root }: Workspace): Promise<readonly string[]> {
  const found: string[] = []
  const events = await readTopic(log, topics.rounds)
  const outcomes = await readTopic(log, topics.outcomes)
  const jobs = await readTopic(log, topics.jobs)
  const names = new Set(events.map(({ round }) => round))
  const once = (what: string, count: number, wanted = 1): void => {
    if (count !== wanted) found.push(`${what}: ${count} times in place of ${wanted}`)
  }
  const answers = (of: typeof outcomes): number => of.reduce((sum, outcome) => sum + outcome.answers, 0)
  for (const round of names) {
    for (const event of ['requested', 'opened', 'closed', 'judged'] as const) {
      once(`${round} ${event}`, events.filter(one => one.round === round && one.event === event).length)
    }
    const own = outcomes.filter(outcome => outcome.round === round)
    const ends = own.filter(({ end }) => end === 'accepted' || end === 'rejected' || end === 'dead-lettered')
    const opening = events.find(one => one.round === round && one.event === 'opened')?.opening
    for (let prompt = 0; prompt < (opening?.prompts.count ?? 0); prompt++) {
      once(`${round} prompt ${prompt}`, ends.filter(end => end.prompt === prompt).length)
    }
    once(`${round} answers that went on`, answers(own.filter(one => !ends.includes(one))), answers(ends))
    const trains = events.some(one => one.round === round && one.verdict?.go)
    const requested = jobs.filter(job => job.dataset === `bootstrap-${round}` && job.state === 'requested')
    once(`${round} job`, requested.length, trains ? 1 : 0)
    for (const { snapshot } of requested) {
      const starts = await readFile(join(root, snapshot.path, 'starts'), 'utf8').catch(() => '')
      once(`${round} job's start`, starts.split('\n').length - 1)
    }
    once(
      `${round} trained`,
      events.filter(one => one.round === round && one.event === 'trained').length,
      trains ? 1 : 0,
    )
  }
  return found
}

/** How often each sample was asked for, by prompt and seed, out of the bodies of a NeMo server's requests. */
function asksOf(bodies: readonly string[]): ReadonlyMap<string, number> {
  const asks = new Map<string, number>()
  for (const body of bodies) {
    const { sentences, random_seed: seed } = JSON.parse(body) as { sentences: string[]; random_seed: number }
    for (const sentence of sentences) {
      const key = `${seed} ${sentence}`
      asks.set(key, (asks.get(key) ?? 0) + 1)
    }
  }
  return asks
}

/** Servers, and a workspace in which the first round of a loop is asked for. The test ends them. */
export async function askedRound(more: Given = {}) {
  const policy = await startContractServer({ serves: 'policy', record: true })
  onTestFinished(() => policy.stop())
  const value = await startContractServer()
  onTestFinished(() => value.stop())
  const config = roundsConfig(await temporaryFolder(), policy.url, value.url, more)
  const workspace = await openFor(config)
  onTestFinished(() => workspace.close())
  /** Runs to the end, which is expected of it. */
  const toTheEnd = async (): Promise<void> => {
    const { code, output } = await runRounds(config)
    expect(code, output.slice(-2000)).toBe(0)
  }
  await publishTraining(workspace, 40)
  await toTheEnd()
  await snapshotTraining(workspace)
  await nextRound(workspace)
  return {
    toTheEnd,
    run: (kill: Kill) => runRounds(config, kill),
    next: () => nextRound(workspace),
    faults: () => faultsOfRounds(workspace),
    /** How often each sample was asked for. */
    asks: () => [...asksOf(policy.bodies).values()],
  }
}
