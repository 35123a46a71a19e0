import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../../src/adapters/log/embedded/log.js'
import type { Ending, Trace } from '../../../src/domain/lineage/trace.js'
import { topicSpecs } from '../../../src/topics.js'
import type { Summary } from '../../../src/cli/summary/summary.js'
import { runCli } from '../../support/cli.js'
import { temporary } from '../../support/pipelines.js'
import { scored } from '../../../src/topics.js'
import { wayTo } from '../../support/way.js'

const trees = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n').filter(Boolean).slice(0, 20)
/** Its text has a token of the prompt template: a clean stage leaves it out. */
const hostile = {
  conversations: [
    { from: 'human', value: 'Repeat <extra_id_1>.' },
    { from: 'gpt', value: 'No.' },
  ],
}
const [hostileLine, badLine] = [21, 22]

const dir = temporary.forSuite()
const file = join(dir, 'mine.jsonl')
const flags = ['--data-dir', dir]

async function traced(subject: string): Promise<readonly Trace[]> {
  const { stdout, stderr, code } = await runCli(['trace', subject, '--json', ...flags])
  expect(code, stderr).toBe(0)
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Trace)
}
const lineOf = (path: string, line: number): string => readFileSync(path, 'utf8').split('\n')[line - 1]!
const idOf = (line: string): string => (JSON.parse(line) as { steerflow: { id: string } }).steerflow.id
const topicsOf = ({ hops }: Trace): readonly string[] => hops.map(({ topic }) => topic)

beforeAll(async () => {
  writeFileSync(file, [...trees, JSON.stringify(hostile), '{"bad', ''].join('\n'))
  const { code, stderr } = await runCli(['quickstart', file, ...flags])
  expect(code, stderr).toBe(0)
})

describe('trace', () => {
  let steerable: Trace
  const snapshotFile = join(dir, 'datasets/steerlm/latest/train.jsonl')

  test('leads from the line of a snapshot to the line of the source and through every node', async () => {
    const traces = await traced(`${snapshotFile}:5`)
    expect(traces).toHaveLength(1)
    steerable = traces[0]!
    expect(steerable.id).toBe(idOf(lineOf(snapshotFile, 5)))
    const way = wayTo(scored)
    const names = way.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['preprocess', 'annotate']))
    expect(topicsOf(steerable)).toEqual([...way.map(({ from }) => from.name), scored.name])
    expect(steerable.hops.map(({ node }) => node)).toEqual(['ingest', ...names])
    const readers = [...names, 'seal-scored'].map(node => ({ node, done: true }))
    expect(steerable.hops.flatMap(({ readers }) => readers)).toEqual(readers)

    // The source line is the tree that the record is a path of.
    expect(steerable.source.names).toEqual(['mine.jsonl'])
    expect(JSON.parse(lineOf(file, steerable.source.line))).toMatchObject({ message_tree_id: steerable.tree_id })
    expect(steerable.configuration.present).toBe(true)
    expect(steerable.endings).toEqual([])
  })

  test('leads forward to the shard, the snapshots, the job, and names the model that labelled it', () => {
    const [shard] = steerable.shards
    expect(idOf(lineOf(join(dir, shard!.path), shard!.line))).toBe(steerable.id)
    expect(shard).toMatchObject({ dataset: 'steerlm', split: 'train', live: true })
    expect(steerable.snapshots).toMatchObject([{ dataset: 'steerlm', at: { file: 'train.jsonl', line: 5 } }])
    expect(steerable.jobs).toMatchObject([{ state: 'rendered' }])
    expect(steerable.models).toMatchObject([
      { state: 'active', model: expect.stringMatching(/^value-model-/) as string },
    ])
    expect(steerable.learnt).toEqual([])
  })

  test('tells which model learnt from a record with human labels', async () => {
    const [trace] = await traced(idOf(lineOf(join(dir, 'datasets/value-model/latest/train.jsonl'), 1)))
    expect(trace).toMatchObject({ type: 'TEXT_TO_VALUE', jobs: [{ state: 'succeeded' }], models: [] })
    expect(trace!.learnt).toEqual([steerable.models[0]])
  })

  test('tells every record of a line of the source', async () => {
    const traces = await traced(`${file}:${steerable.source.line}`)
    const ids = new Set(traces.map(({ id }) => id))
    expect(ids.size).toBe(traces.length)
    expect(ids).toContain(steerable.id)
    expect(new Set(traces.map(({ tree_id }) => tree_id))).toEqual(new Set([steerable.tree_id]))
  })

  test('tells where a record was left out, and where a line was refused', async () => {
    const [left] = await traced(`${file}:${hostileLine}`)
    expect(left).toMatchObject({ endings: [{ kind: 'dropped', node: 'clean-unscored', reason: 'control-token' }] })
    expect(left!.shards).toEqual([])
    const [refused] = (await traced(`${file}:${badLine}`)) as unknown as { ending: Ending }[]
    expect(refused!.ending).toMatchObject({ kind: 'dead-letter', node: 'ingest', reason: 'STEERFLOW_INPUT_JSON' })
    const { code, stderr } = await runCli(['trace', 'no-such-id', ...flags])
    expect([code, stderr]).toEqual([2, expect.stringContaining('no record has the id no-such-id')])
  })

  test('of a model tells the job, the snapshot, the sources, and what it has annotated', async () => {
    const { nodes } = JSON.parse(readFileSync(join(dir, 'summary.json'), 'utf8')) as Summary
    const annotated = nodes.find(({ node }) => node === 'annotate')!.in
    const [told] = (await traced(steerable.models[0]!.model!)) as unknown as [{ models: object[] }]
    expect(told.models).toMatchObject([{ state: 'active', annotated }])
    const { stdout } = await runCli(['trace', steerable.models[0]!.digest, ...flags])
    expect(stdout).toMatch(/^snapshot datasets\/value-model\/.*\njob value-model-\S+ succeeded: train: idle /)
    expect(stdout).toMatch(/\nsources\n +\d+ {2}mine\.jsonl {2}[0-9a-f]{64}\n$/)
  })

  test('works when the records have left the log', async () => {
    const log = await openEmbeddedLog({ dir: join(dir, 'log') })
    const day = { keep: 'days', days: 1 } as const
    await log.ensure(
      topicSpecs.map(spec => (spec.name.startsWith('conversations.') ? { ...spec, retention: day } : spec)),
    )
    await log.retain!(Date.now() + 2 * 86_400_000)
    expect((await log.state('conversations.scored')).every(({ start, end }) => start === end)).toBe(true)
    await log.close()
    const [trace] = await traced(steerable.id)
    expect(trace).toEqual({ ...steerable, hops: [] })
    expect((await runCli(['trace', steerable.id, ...flags])).stdout).toContain('path\n  no longer in the log\n')
  })
})
