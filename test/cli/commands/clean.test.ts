import { describe, expect, it } from 'vitest'
import { runMain } from '../../support/run-main.js'

const run = (...flags: string[]) => runMain(['clean', ...flags])
const files = ['--dataset_file=-', '--output_file=out.jsonl']

describe('clean, called wrongly', () => {
  it.each([
    ['without a file', [], '--dataset-file'],
    ['without a model', files, '--model-file'],
    [
      'with another library',
      [...files, '--library=megatron', '--model_file=x'],
      'use sentencepiece or huggingface with --model-file',
    ],
    [
      'with another library than that of the file',
      [...files, '--library=huggingface', '--model_file=examples/data/tokenizer.model.v1'],
      'tokenizer.model.v1, a SentencePiece model: omit it',
    ],
    [
      'with another library than that of a tokenizer.json',
      [...files, '--library=sentencepiece', '--model_file=test/golden/data/tokenizers/qwen.json'],
      'qwen.json, a tokenizer.json, which huggingface reads: omit it',
    ],
    ['with a length that is no number', [...files, '--model_file=x', '--seq_len=many'], 'whole number'],
    ['with no threads', [...files, '--model_file=x', '--threads=0'], 'whole number from 1 to 256'],
    ['with an input that is not there', ['--dataset_file=/no/such', '--output_file=o', '--model_file=x'], '/no/such'],
  ])('%s: exit code 2', async (_, flags, message) => {
    const { code, out, err } = await run(...flags)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
  })

  it('explains itself', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(0)
    expect(out).toContain('Examples:')
  })
})
