import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { main } from '../../src/cli/program.js'
import { ConversationType } from '../../src/domain/conversation.js'
import { sha256 } from '../../src/domain/digest.js'
import { firstLearnt } from '../../src/domain/mask/first-learnt.js'
import type { MaskInput } from '../../src/domain/mask/input.js'
import { lossMask } from '../../src/domain/mask/loss-mask.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'
import { type Preprocessed, preprocessed } from '../support/preprocessed.js'
import { models, realTokenizer } from '../support/tokenizers.js'

/** What the original script wrote for the bundled corpus: files too large to keep are known by their digests. */
const Run = z.object({
  type: ConversationType,
  split: z.enum(['train', 'val']),
  tokenizer: z.enum(['v1', 'v3']),
  seqLen: z.int(),
  records: z.int(),
  sha256: z.string(),
  stdoutSha256: z.string(),
})
const golden = (name: string) => new URL(`clean/${name}`, import.meta.url)
const corpus = z.array(Run).parse(JSON.parse(readFileSync(golden('corpus.json'), 'utf8')))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steerflow-clean-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs the command with the original's flags. */
async function clean(input: string | URL, tokenizer: keyof typeof models, seqLen: number) {
  const file = join(folder, 'clean.jsonl')
  let stdout = ''
  const path = typeof input === 'string' ? input : input.pathname
  const flags = [`--dataset_file=${path}`, `--output_file=${file}`, '--library', 'sentencepiece', '--model_file']
  const code = await main(['clean', ...flags, models[tokenizer], `--seq_len=${seqLen}`], {
    out: (text: string) => void (stdout += text),
    err: () => undefined,
  })
  return { code, stdout, kept: await readFile(file, 'utf8') }
}

describe('clean writes what the original script writes', () => {
  it.each([
    [4096, 'clean.seq4096.jsonl'],
    [64, 'clean.seq64.jsonl'],
    [32, null],
  ])('of hand-made conversations at sequence length %i', async (seqLen, kept) => {
    expect(await clean(golden('in.jsonl'), 'v1', seqLen)).toEqual({
      code: kept === null ? 3 : 0,
      stdout: readFileSync(golden(`stdout.seq${seqLen}`), 'utf8'),
      kept: kept === null ? '' : readFileSync(golden(kept), 'utf8'),
    })
  })

  it('of a line in another spelling of JSON', async () => {
    const { kept } = await clean(golden('escaped.jsonl'), 'v1', 4096)
    expect(kept).toBe(readFileSync(golden('escaped.clean.jsonl'), 'utf8'))
  })
})

describe.each(ConversationType.options)('the bundled corpus, %s', type => {
  let source: Preprocessed
  beforeAll(async () => {
    source = await preprocessed(type)
  })
  afterAll(() => source.remove())

  const runs = corpus.filter(run => run.type === type)
  it.each(runs.map(run => [`${run.split}, tokenizer ${run.tokenizer}, ${run.seqLen} tokens`, run] as const))(
    'is cleaned as by the original: %s',
    async (_, run) => {
      const { code, stdout, kept } = await clean(source[run.split], run.tokenizer, run.seqLen)
      expect(code).toBe(run.records === 0 ? 3 : 0)
      expect(kept.split('\n').length - 1).toBe(run.records)
      expect({ stdout: sha256(stdout), kept: sha256(kept) }).toEqual({ stdout: run.stdoutSha256, kept: run.sha256 })
    },
  )

  it('has the ids and masks of the original loader', async () => {
    const name = type === 'TEXT_TO_VALUE' ? 'corpus_val' : 'corpus_v2t_val'
    const Dump = z.object({ ids: z.array(z.int()), mask: z.string() })
    const dumps = gunzipSync(readFileSync(golden(`${name}.dump.jsonl.gz`)))
      .toString()
      .trimEnd()
      .split('\n')
    const lines = (await readFile(source.val, 'utf8')).trimEnd().split('\n')
    expect(lines.length).toBe(dumps.length)
    const tokenizer = await realTokenizer('v1')
    for (const [i, line] of lines.entries()) {
      const input = JSON.parse(line) as MaskInput
      const dump = Dump.parse(JSON.parse(dumps[i]!))
      const { ids, learnt } = lossMask(tokenizer.encode, extraIdTokens, input)
      expect({ ids, mask: learnt.map(Number).join('') }).toEqual({ ids: dump.ids, mask: dump.mask })
      expect(firstLearnt(tokenizer, extraIdTokens, input)).toBe(dump.mask.indexOf('1'))
    }
  })

  it('has the same first learnt tokens in short as in full', async () => {
    const tokenizer = await realTokenizer('v3')
    for (const line of (await readFile(source.train, 'utf8')).trimEnd().split('\n')) {
      const input = JSON.parse(line) as MaskInput
      const inFull = lossMask(tokenizer.encode, extraIdTokens, input).learnt.indexOf(true)
      expect(firstLearnt(tokenizer, extraIdTokens, input)).toBe(inFull)
    }
  })
})
