import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BaselineMetrics } from '../../../src/adapters/baseline/train-files.js'
import type { TrainingLine } from '../../../src/baseline/examples.js'
import { attributeSets, labelKeys } from '../../../src/domain/attributes.js'
import { readAttribute, readLine } from '../../../src/domain/label-reply.js'
import { labelPrompt, labelUpTo } from '../../../src/domain/prompt.js'
import { extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import { snapshotOf } from '../../support/baseline.js'
import { type Preprocessed, preprocessed } from '../../support/preprocessed.js'

const set = attributeSets['oasst-12-lang@1']
const command = 'dist/cli/main.js'
const run = promisify(execFile)

let folder: string
let corpus: Preprocessed
let metrics: BaselineMetrics

/** Trains on the corpus in a child process, as the pipeline's job does, and returns the bytes of the model. */
async function train(output: string): Promise<Buffer> {
  const snapshot = await snapshotOf(corpus.train, join(folder, 'snapshot'))
  await run(process.execPath, [command, 'baseline', 'train', '--snapshot', snapshot, '--output', output])
  return readFile(join(output, 'model.json'))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steerflow-baseline-corpus-'))
  corpus = await preprocessed('TEXT_TO_VALUE')
  await train(join(folder, 'model'))
  metrics = BaselineMetrics.parse(JSON.parse(await readFile(join(folder, 'model', 'metrics.json'), 'utf8')))
})
afterAll(async () => {
  await corpus.remove()
  await rm(folder, { recursive: true })
})

describe('the baseline on the bundled conversations', () => {
  it('counts each turn once and learns something of what people said', () => {
    expect(metrics).toMatchObject({ turns: 1901, trees: 178, folds: 5, languages: ['en'] })
    const spearman = (attribute: string) => metrics.metrics.find(one => one.attribute === attribute)!.spearman!
    expect(spearman('quality')).toBeGreaterThan(0.33)
    expect(spearman('helpfulness')).toBeGreaterThan(0.34)
    expect(spearman('humor')).toBeGreaterThan(0.25)
    expect(spearman('creativity')).toBeGreaterThan(0.28)
  })

  it('beats the length where the text says more than the length, and does not claim to on quality', () => {
    for (const { attribute, spearman_low: low, spearman_length: length } of metrics.metrics) {
      if (attribute === 'humor' || attribute === 'creativity') expect(low!).toBeGreaterThan(Math.abs(length!))
      if (attribute === 'quality') expect(low!).toBeLessThan(Math.abs(length!))
    }
  })

  it('has smaller errors than the mean on what is labelled often', () => {
    for (const { attribute, mae, mae_constant: constant } of metrics.metrics) {
      if (['quality', 'helpfulness', 'humor', 'creativity', 'toxicity'].includes(attribute)) {
        expect(mae!, attribute).toBeLessThan(constant!)
      }
    }
  })

  it('is the same file when it is trained again', async () => {
    expect((await train(join(folder, 'again'))).equals(await readFile(join(folder, 'model', 'model.json')))).toBe(true)
  })
})

describe('steerflow baseline serve', () => {
  let child: ChildProcess
  let url: string
  beforeAll(async () => {
    const argv = [command, 'baseline', 'serve', '--model', join(folder, 'model', 'model.json'), '--port', '0']
    child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface({ input: child.stdout! })) {
      url = line
      break
    }
  })
  afterAll(() => void child.kill('SIGKILL'))

  async function complete(prompt: string, tokens: number): Promise<string> {
    const body = {
      sentences: [prompt],
      tokens_to_generate: tokens,
      temperature: 0.1,
      add_BOS: false,
      top_k: 1,
      top_p: 1.0,
      greedy: true,
      all_probs: false,
      repetition_penalty: 1.0,
      min_tokens_to_generate: 1,
      end_strings: ['<extra_id_1>', '<|endoftext|>'],
    }
    const headers = { 'content-type': 'application/json' }
    const answer = await request(`${url}/generate`, { method: 'PUT', headers, body: JSON.stringify(body) })
    return ((await answer.body.json()) as { sentences: string[] }).sentences[0]!
  }

  it('gives the label of the original’s thirteen calls in one call too', async () => {
    const lines = (await readFile(corpus.val, 'utf8')).trimEnd().split('\n').slice(0, 15)
    for (const { conversations, system } of lines.map(line => JSON.parse(line) as TrainingLine & { system: string })) {
      const seen: { value: string; from: string; label: string }[] = []
      for (const { value, from } of conversations) {
        const prompt = labelPrompt(system, [...seen, { value, from }], extraIdTokens)
        let label = ''
        for (const key of labelKeys(set)) {
          const sentence = await complete(prompt + labelUpTo(label, key), 1)
          label = readAttribute(sentence, set, key)!.label
        }
        expect(readLine(await complete(prompt, 64), prompt, set, extraIdTokens)?.label).toBe(label)
        seen.push({ value, from, label })
      }
    }
  })

  it('ends on SIGTERM', async () => {
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
