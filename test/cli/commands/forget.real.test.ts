import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Snapshot } from '../../../src/domain/job.js'
import { runCli } from '../../support/cli.js'
import { temporary } from '../../support/pipelines.js'
import { labelledClean } from '../../../src/topics.js'
import { namesTo } from '../../support/way.js'

const trees = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n').filter(Boolean)
const nodes = `${namesTo(labelledClean)},seal-labelled,trigger`

test("the trigger's next snapshot is without a tree that is forgotten, though it arrives again", async () => {
  const dir = temporary()
  const run = async (...argv: readonly string[]) => {
    const set = ['datasets.value-model.trainer=none', 'datasets.value-model.snapshot.parquet=true']
    const ended = await runCli([...argv, '--data-dir', dir, ...set.flatMap(one => ['--set', one])])
    expect(ended.code, ended.stderr).toBe(0)
    return ended.stdout
  }
  const ingest = async (name: string, lines: readonly string[]) => {
    writeFileSync(join(dir, name), lines.map(line => `${line}\n`).join(''))
    await run('ingest', join(dir, name))
    await run('run', '--nodes', nodes, '--until-idle')
  }
  const latest = () => {
    const snapshot = JSON.parse(readFileSync(join(dir, 'datasets/value-model/latest.json'), 'utf8')) as Snapshot
    const read = (split: string) => readFileSync(join(dir, snapshot.path, `${split}.jsonl`), 'utf8').split('\n')
    const lines = [...read('train'), ...read('validation')].filter(Boolean)
    return { snapshot, ids: lines.map(line => (JSON.parse(line) as { tree_id: string }).tree_id) }
  }
  const idOf = (line: string) => (JSON.parse(line) as { message_tree_id: string }).message_tree_id

  await ingest('first.jsonl', trees.slice(0, 10))
  const first = latest()
  const gone = idOf(trees[0]!)
  const kept = new Set(first.ids)
  expect(kept.has(gone)).toBe(true)

  const told = JSON.parse(await run('forget', '--tree', gone, '--json')) as { snapshots: Snapshot[] }
  expect(told.snapshots.map(({ digest }) => digest)).toEqual([first.snapshot.digest])

  // The tree again, from another file, and one that is new: the trigger decides anew.
  await ingest('second.jsonl', [trees[0]!, trees[10]!])
  const second = latest()
  expect(second.snapshot.digest).not.toBe(first.snapshot.digest)
  const expected = new Set([...kept, idOf(trees[10]!)])
  expected.delete(gone)
  expect(new Set(second.ids)).toEqual(expected)
  expect(readFileSync(join(dir, second.snapshot.path, 'parquet/train.parquet')).includes(gone)).toBe(false)
})
