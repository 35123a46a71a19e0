import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openLog } from '../../src/adapters/log/open.js'
import type { Conversation } from '../../src/domain/conversation.js'
import type { ShardManifest } from '../../src/domain/shard.js'
import { readAll } from '../../src/runtime/read-all.js'
import type { Summary } from '../../src/cli/summary/summary.js'
import { runCli, startCli } from '../support/cli.js'
import { repeats } from '../support/effort.js'
import { temporary } from '../support/pipelines.js'

const trees = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n').filter(Boolean)
const summaryOf = (dir: string): Summary => JSON.parse(readFileSync(join(dir, 'summary.json'), 'utf8')) as Summary
const fewTrees = (dir: string, count: number): string => {
  const file = join(dir, 'few.jsonl')
  writeFileSync(file, `${trees.slice(0, count).join('\n')}\n`)
  return file
}

/** Resolves when a run has taken that folder. */
const atWork = (dir: string): Promise<void> => expect.poll(() => existsSync(join(dir, 'run.lock'))).toBe(true)

/** Conversation ids in a topic, in the order of the log. */
async function idsOf(dir: string, topic: string): Promise<string[]> {
  const log = await openLog(dir)
  const ids: string[] = []
  for await (const record of readAll(log, topic)) {
    ids.push((JSON.parse(record.value.toString('utf8')) as { steerflow: { id: string } }).steerflow.id)
  }
  await log.close()
  return ids
}

/** Everything of a summary that must not depend on how often the run was killed. */
const lasting = ({ nodes, turns, attributes, best, worst, valueModel, datasets, jobs }: Summary, dir: string) =>
  JSON.parse(
    JSON.stringify({ nodes, turns, attributes, best, worst, valueModel, datasets, jobs }).replaceAll(dir, 'DIR'),
  ) as Omit<Summary, 'seconds' | 'changed' | 'sources' | 'next'>

describe('the shipped conversations', () => {
  const dir = temporary.forSuite()
  let first: Summary

  beforeAll(async () => {
    const { code, stderr, stdout } = await runCli(['quickstart', '--data-dir', dir])
    expect(stderr.split('\n').at(-2) ?? '', stderr).toMatch(/^\{/)
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('value model value-model-')
    first = summaryOf(dir)
  })

  test('every record goes through every node', () => {
    const ins = Object.fromEntries(first.nodes.map(node => [node.node, node.in]))
    expect(ins).toMatchObject({
      ingest: 188,
      preprocess: 188,
      'clean-labelled': 1002,
      'seal-labelled': 1002,
      'clean-unscored': 1002,
      annotate: 1002,
      'clean-scored': 1002,
      'seal-scored': 1002,
    })
    expect(first.nodes.every(node => node.held === 0 && Object.keys(node.deadLettered).length === 0)).toBe(true)
  })

  test('two datasets, a trained model and a rendered job come out', () => {
    for (const dataset of ['value-model', 'steerlm']) {
      const { path, train, validation } = first.datasets[dataset]!
      expect(train + validation).toBe(1002)
      const lines = readFileSync(join(path, 'train.jsonl'), 'utf8').split('\n').filter(Boolean)
      expect(lines).toHaveLength(train)
    }
    expect(first.jobs.map(({ state }) => state)).toEqual(['succeeded', 'rendered'])
    expect(readdirSync(first.jobs[1]!.folder!)).toContain('run.sh')
    expect(first.valueModel?.metrics.length).toBeGreaterThan(5)
    expect(first.turns.annotated).toBe(first.turns.scored + first.turns.reused)
  })

  test('held-out trees never reach the training split', () => {
    const treeIds = (split: string): Set<string> => {
      const file = join(first.datasets.steerlm!.path, `${split}.jsonl`)
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
      return new Set(lines.map(line => (JSON.parse(line) as { tree_id: string }).tree_id))
    }
    const train = treeIds('train')
    expect([...treeIds('validation')].filter(id => train.has(id))).toEqual([])
  })

  test('a record lives as ARCHITECTURE tells', async () => {
    const told = /## The life of a record\n([^]*?)\n## /.exec(readFileSync('ARCHITECTURE.md', 'utf8'))![1]!
    const log = await openLog(dir)
    const of = async (topic: string, line: string) => {
      const found: { partition: number; offset: bigint; value: Conversation }[] = []
      for await (const { partition, offset, value } of readAll(log, topic)) {
        const text = value.toString('utf8')
        if (text.includes(line)) found.push({ partition, offset, value: JSON.parse(text) as Conversation })
      }
      return found
    }
    const [raw] = await of('conversations.raw', '"line":117,')
    expect(told).toContain(`\`conversations.raw\`, partition ${raw!.partition}, offset ${raw!.offset}`)
    const [labelled, unscored, scored] = await Promise.all(
      ['labelled', 'unscored', 'scored'].map(name => of(`conversations.${name}`, '"line": 117,')),
    )
    const offsets = labelled!.map(({ offset }) => offset)
    expect(unscored!.map(({ offset }) => offset)).toEqual(offsets)
    const [first, last] = [offsets[0]!, offsets.at(-1)!]
    expect(told).toContain(`offsets ${first} to ${last} of partition ${labelled![0]!.partition} in both`)
    expect(told).toContain(`the three records and offset ${last + 1n}`)
    const sealed = (await log.state('conversations.labelled-clean'))[labelled![0]!.partition]!
    const manifests: ShardManifest[] = []
    for await (const { value } of readAll(log, 'training.shards')) {
      const { manifest } = JSON.parse(value.toString('utf8')) as { manifest: ShardManifest | null }
      if (manifest?.topic === 'conversations.labelled-clean' && manifest.partition === sealed.partition)
        manifests.push(manifest)
    }
    const lines = (split: string) => manifests.find(one => one.split === split)!.records
    expect(told).toContain(
      `closes at offset ${sealed.end}: ${lines('train')} lines of train and ${lines('validation')} of validation`,
    )
    await log.close()
    const scores = scored!.map(({ value }) => value.steerflow.scores!.map(one => one?.quality))
    const shortly = (score: number): string => String(Math.round(score * 1e4) / 1e4)
    expect(new Set(scores.map(([question]) => question)).size).toBe(1)
    expect(told).toContain(`scored once: ${shortly(scores[0]![0]!)}`)
    const replies = scores.map(one => shortly(one[1]!))
    expect(told).toContain(`The replies get ${replies[0]}, ${replies[1]} and ${replies[2]}`)
    expect(told).toContain(`which has ${summaryOf(dir).datasets.steerlm!.train} lines in the order of record ids`)
  })

  test('again: nothing changes and it says so', async () => {
    const { code, stdout } = await runCli(['quickstart', '--data-dir', dir])
    expect(code).toBe(0)
    expect(stdout).toContain('nothing new')
    const second = summaryOf(dir)
    expect(second.changed).toBe(false)
    expect(lasting(second, dir)).toEqual(lasting(first, dir))
  })
})

test('killed again and again, it loses nothing and does nothing twice', async () => {
  const undisturbed = temporary()
  const file = fewTrees(undisturbed, 24)
  const started = Date.now()
  expect((await runCli(['quickstart', file, '--data-dir', undisturbed])).code).toBe(0)
  const whole = Date.now() - started
  const expected = summaryOf(undisturbed)
  const topics = ['conversations.labelled-clean', 'conversations.scored']
  const sent = await Promise.all(topics.map(async topic => (await idsOf(undisturbed, topic)).sort()))

  const wanted = repeats(16, 5)
  let kills = 0
  // Counted apart from kills: a run that ends before its kill must not be given the same time again.
  let starts = 0
  while (kills < wanted) {
    const dir = temporary()
    // At most eight kills a folder, then it may end: on a busy machine it would otherwise not get there.
    for (let tries = 0; ; tries++) {
      const { child, ended } = startCli(['quickstart', file, '--data-dir', dir])
      starts++
      // From within the start of the program to near its end, in an order that mixes the phases.
      if (tries < 8) setTimeout(() => child.kill('SIGKILL'), whole * (0.1 + 0.07 * ((starts * 7919) % 13)))
      const { signal, code, stderr } = await ended
      if (signal !== 'SIGKILL') {
        expect(code, stderr).toBe(0)
        break
      }
      kills++
    }
    expect(lasting(summaryOf(dir), dir)).toEqual(lasting(expected, undisturbed))
    for (const [index, topic] of topics.entries()) expect((await idsOf(dir, topic)).sort()).toEqual(sent[index])
  }
}, 600_000)

test('stopped in good order, it goes on', async () => {
  const dir = temporary()
  const file = fewTrees(dir, 12)
  const { child, ended, printed } = startCli(['quickstart', file, '--data-dir', dir])
  await printed(output => output.includes('"assigned"'))
  child.kill('SIGTERM')
  const { code, stderr } = await ended
  expect(code).toBe(143)
  expect(stderr).toContain('run the same command again')
  expect((await runCli(['quickstart', file, '--data-dir', dir])).code).toBe(0)
})

test('a second run in the same folder is refused with a message', async () => {
  const dir = temporary()
  const file = fewTrees(dir, 24)
  const first = startCli(['quickstart', file, '--data-dir', dir])
  await atWork(dir)
  const second = await runCli(['quickstart', file, '--data-dir', dir])
  expect(second.code).toBe(2)
  expect(second.stderr).toContain('STEERFLOW_RUN_ACTIVE')
  expect((await first.ended).code).toBe(0)
})

test('conversations without labels are scored by a model learnt from the shipped ones', async () => {
  const dir = temporary()
  const file = join(dir, 'mine.jsonl')
  const mine = [1, 2, 3].map(index => ({
    conversations: [
      { from: 'human', value: `What is ${index} and ${index}?` },
      { from: 'gpt', value: `It is ${2 * index}.` },
    ],
  }))
  writeFileSync(file, mine.map(record => `${JSON.stringify(record)}\n`).join(''))
  const { code, stderr } = await runCli(['quickstart', file, '--data-dir', dir])
  expect(code, stderr).toBe(0)
  const summary = summaryOf(dir)
  expect(summary.datasets.steerlm!.train + summary.datasets.steerlm!.validation).toBe(3)
  expect(summary.datasets['value-model']!.train).toBeGreaterThan(800)
})

test('hostile input becomes dead letters with reasons, and the rest goes through', async () => {
  const dir = temporary()
  const { code, stderr } = await runCli(['quickstart', 'examples/data/bad.jsonl', '--data-dir', dir])
  expect(code, stderr).toBe(0)
  const { stdout } = await runCli(['dead-letters', 'list', '--json', '--data-dir', dir])
  const letters = stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as { code: string; cause: string })
  expect(letters.length).toBeGreaterThan(5)
  expect(letters.every(({ code, cause }) => code.startsWith('STEERFLOW_') && cause !== '')).toBe(true)
})
