import { expect, it } from 'vitest'
import { runMain } from '../../support/run-main.js'

it.each([
  ['clean', '--dataset-file', 'in.jsonl', '--model-file', 'model', '--output-file', '-'],
  ['preprocess', '--input-file', 'in.jsonl', '--output-file-prefix', '-'],
  ['annotate', '--output-file-name', '-'],
  ['datasets', 'export', 'steerlm', '--format', 'sharegpt', '--output', '-'],
  ['baseline', 'train', '--snapshot', 'snapshot', '--output', '-'],
  ['bootstrap', 'report', '--html', '-'],
])('- is no name of an output: %s', async (...argv) => {
  const { code, err } = await runMain(argv)
  expect([code, err]).toEqual([2, expect.stringContaining('- is not an output; give a file')])
})

it('a run of annotate goes on in its output, which is no device', async () => {
  const input = 'examples/data/oasst1_en_val.trees.jsonl'
  const argv = ['annotate', '--input-file-name', input, '--output-file-name', '/dev/null', '--endpoints', 'http://h:1']
  const { code, err } = await runMain(argv)
  expect([code, err]).toEqual([2, expect.stringContaining('/dev/null is not a regular file')])
})
