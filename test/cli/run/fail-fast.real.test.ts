import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCli } from '../../support/cli.js'
import { temporary } from '../../support/pipelines.js'
import { labelledClean } from '../../../src/topics.js'
import { namesTo } from '../../support/way.js'

it('--fail-fast ends a run at the first failure of a node, and nothing is lost by it', async () => {
  const dir = temporary()
  const [trees, data] = [join(dir, 'trees.jsonl'), join(dir, 'data')]
  const lines = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n').slice(0, 3)
  writeFileSync(trees, `${lines.join('\n')}\n`)
  expect((await runCli(['ingest', trees, '--data-dir', data])).code).toBe(0)
  // Where shards should be folders, nothing can be sealed.
  writeFileSync(join(data, 'shards'), '')
  const labelled = ['run', '--until-idle', '--nodes', `${namesTo(labelledClean)},seal-labelled`, '--data-dir', data]
  const failed = await runCli([...labelled, '--fail-fast'])
  expect(failed.code, failed.stderr).toBe(1)
  expect(failed.stderr).toMatch(/"event":"ended","reason":"failed".*"code":"STEERFLOW_STORAGE"/)
  expect(failed.stderr).not.toContain('"event":"paused"')
}, 120_000)
