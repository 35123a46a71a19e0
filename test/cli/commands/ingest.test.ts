import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runMain } from '../../support/run-main.js'
import { temporary } from '../../support/pipelines.js'

test.each([
  ['nothing but lines that are no JSON', 'not JSON\nnor this\n', 'none of its 2 records was ingested'],
  ['nothing at all', '', 'is empty'],
])('a source with %s is no success', async (_, text, words) => {
  const dir = temporary()
  const file = join(dir, 'source.jsonl')
  writeFileSync(file, text)
  const { code, err } = await runMain(['ingest', file, '--format', 'sharegpt', '--data-dir', dir])
  expect(code).toBe(3)
  expect(err).toMatch(new RegExp(`source\\.jsonl:? ${words}`))
})

test('a source that was taken in before is one', async () => {
  const dir = temporary()
  const args = ['ingest', 'examples/data/oasst1_en_val.trees.jsonl', '--data-dir', dir]
  expect((await runMain(args)).code).toBe(0)
  expect((await runMain(args)).code).toBe(0)
})
