import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Outcome } from '../../src/domain/bootstrap/outcome.js'
import type { RoundStatus } from '../../src/cli/bootstrap/status.js'
import type { Conversation } from '../../src/domain/conversation.js'
import { type Ended, runCli } from './cli.js'
import { startLlama } from './llama/llama.js'
import { temporaryFolder } from './temporary.js'

/** The command line on one data folder and log. */
export interface Deployment {
  readonly dir: string
  run(...args: string[]): Promise<Ended>
}

/** A deployment in a folder of its own: on a broker where one is given, otherwise on the embedded log. */
export async function deployedFor({ kafka }: { readonly kafka?: readonly string[] }): Promise<Deployment> {
  const dir = await temporaryFolder()
  const log = { kafka: { brokers: kafka, namespace: `b${randomUUID().slice(0, 8)}` } }
  const flags = ['--data-dir', dir, ...(kafka ? ['--set', `log=${JSON.stringify(log)}`] : [])]
  return { dir, run: (...args) => runCli([...args, ...flags]) }
}

async function done(deployment: Deployment, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await deployment.run(...args)
  expect(code, `${args.join(' ')}\n${stdout}${stderr}`.slice(-3000)).toBe(0)
  return stdout
}

/** Trains the baseline on the first trees that are shipped, annotates, and makes the training snapshot. */
async function prepared(deployment: Deployment, trees: string): Promise<void> {
  await done(deployment, 'ingest', trees)
  await done(deployment, 'run', '--until-idle')
  await done(deployment, 'datasets', 'snapshot', 'steerlm')
}

/** A plan of few prompts with short answers, which goes on by itself. */
const plan = (server: string, protocol: string): string[] =>
  [
    `sample.endpoints=${JSON.stringify([{ url: server, protocol }])}`,
    'bootstrap.auto=true',
    'bootstrap.prompts.count=4',
    'bootstrap.samples=2',
    'bootstrap.maxTokens=24',
    // A model that does not know the template is cut off, and is not good: the loop is what is shown.
    'bootstrap.gate.floor={"quality":0}',
    'bootstrap.gate.maxLengthRatio=null',
    'bootstrap.stop={"rounds":2,"acceptance":0,"guards":false}',
    'datasets={"bootstrap-{round}":{"trainer":"baseline","launcher":"exec","settings":{"predicted":true},"seal":{"ageSeconds":2}}}',
  ].flatMap(setting => ['--set', setting])

/** A loop that is run until nothing is left to do: what its rounds came to, and every end that is on record. */
async function loopOn(deployment: Deployment, server: string, protocol: string) {
  const flags = plan(server, protocol)
  expect(await done(deployment, 'bootstrap', 'start', ...flags)).toContain('round main-1 is requested')
  await done(deployment, 'run', '--until-idle', ...flags)
  const lines = (await done(deployment, 'bootstrap', 'status', '--json')).trim().split('\n')
  const rounds = lines.map(line => JSON.parse(line) as RoundStatus)
  const taps = (await done(deployment, 'tap', 'bootstrap.outcomes', '--values')).trim().split('\n')
  const outcomes = taps.map(line => JSON.parse(line) as Outcome)
  return { rounds, outcomes }
}

/** The training records of a round's snapshot. */
async function recordsOf({ dir }: Deployment, round: string): Promise<readonly Conversation[]> {
  const text = await readFile(join(dir, 'datasets', `bootstrap-${round}`, 'latest', 'train.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Conversation)
}

/** Every prompt of every round has one end, and every answer that went on is sealed, dropped or lost. */
function allEndedOnce(rounds: readonly RoundStatus[], outcomes: readonly Outcome[]): void {
  for (const { round, prompts } of rounds) {
    const own = outcomes.filter(outcome => outcome.round === round)
    const ends = own.filter(({ end }) => end === 'accepted' || end === 'rejected' || end === 'dead-lettered')
    expect(ends.map(({ prompt }) => prompt).toSorted((a, b) => a! - b!)).toEqual([...Array(prompts).keys()])
    const answers = (of: readonly Outcome[]) => of.reduce((sum, outcome) => sum + outcome.answers, 0)
    expect(answers(own.filter(outcome => !ends.includes(outcome)))).toBe(answers(ends))
  }
}

/**
 * Two rounds with a real model that answers. It does not know SteerLM's template, and what is trained in the place of a
 * SteerLM model is the baseline: it is the loop that is shown, and no answer that is better.
 */
export async function theLoop(deployment: Deployment): Promise<void> {
  await prepared(deployment, 'examples/data/oasst1_en_val.trees.jsonl')
  const server = await startLlama()
  try {
    const { rounds, outcomes } = await loopOn(deployment, server.url, 'openai-completions')
    expect(rounds.map(({ round, state, policy }) => [round, state, policy])).toEqual([
      ['main-1', 'trained', 'external'],
      ['main-2', 'not trained on', rounds[0]!.model],
    ])
    expect(rounds[0]!.model).toMatch(/^bootstrap-main-1-/)
    expect(rounds[1]!.verdict).toContain('gain')
    allEndedOnce(rounds, outcomes)
    const page = join(deployment.dir, 'report.html')
    await done(deployment, 'bootstrap', 'report', 'main-2', '--html', page)
    expect(await readFile(page, 'utf8')).toContain('Compared with main-1.')
    expect(await done(deployment, 'bootstrap', 'report', 'main-1')).toContain('round main-1')
    const records = await recordsOf(deployment, 'main-1')
    const sampled = records.filter(({ steerflow }) => steerflow.bootstrap !== undefined)
    expect(sampled.length).toBeGreaterThan(0)
    expect(records.length).toBeGreaterThan(sampled.length)
    for (const { conversations, steerflow } of sampled) {
      expect(conversations.at(-1)).toMatchObject({ from: 'Assistant' })
      expect(steerflow).toMatchObject({ split: 'train', origin: 'bootstrap', bootstrap: { round: 'main-1' } })
    }
  } finally {
    await server.stop()
  }
}
