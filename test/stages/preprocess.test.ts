import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { conversationLine } from '../../src/domain/conversation-line.js'
import type { Conversation, Raw } from '../../src/domain/conversation.js'
import { sha256 } from '../../src/domain/digest.js'
import { pythonShuffle } from '../../src/domain/random/python-shuffle.js'
import { preprocess, shapingDigest } from '../../src/stages/preprocess.js'
import { testStage } from '../../src/stages/test-stage.js'

const all = (raw: Raw, options: Parameters<typeof preprocess.options.parse>[0] = {}) =>
  testStage(preprocess, raw, { needs: preprocess.exampleNeeds!(), options: options as object })

/** The conversations that come of a record of which nothing is left out. */
const run: (
  ...given: Parameters<typeof all>
) => Promise<{ to: 'labelled' | 'unscored'; value: Conversation }[]> = async (...given) =>
  (await all(...given)).map(emission => {
    if (emission.to === 'dropped') throw new Error(emission.value.detail)
    return emission
  })

/** The line as the original would have written it. */
const originalLine = (conversation: Conversation) =>
  conversationLine(conversation).replace(/, "steerflow": \{"id": .*\}\}$/, '}') + '\n'

interface Digest {
  readonly sha256: string
  readonly records: number
}
const digests = JSON.parse(readFileSync('test/golden/data/preprocess/digests.json', 'utf8')) as Record<string, Digest>

const thread = (...values: string[]): Raw => ({
  record: { conversations: values.map((value, index) => ({ from: index % 2 ? 'gpt' : 'human', value })) },
})

describe('preprocess', () => {
  it.each(preprocess.examples)('$title', async ({ given, options, expect: expected }) => {
    expect(await run(given, options)).toEqual(expected)
  })

  it('writes the original’s bytes for the shipped trees, but for its own key', async () => {
    const lines = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').trimEnd().split('\n')
    const files = { train: { labelled: '', unscored: '' }, val: { labelled: '', unscored: '' } }
    for (const [place, index] of pythonShuffle(lines.length, 10n).entries()) {
      const file = place < Math.trunc(lines.length * 0.95) ? files.train : files.val
      for (const { to, value } of await run({ record: JSON.parse(lines[index]!) as Raw['record'] }))
        file[to] += originalLine(value)
    }
    for (const split of ['train', 'val'] as const) {
      expect(sha256(files[split].labelled)).toBe(digests[`preprocess/oasst1_en_val_output_${split}.jsonl`]!.sha256)
      expect(sha256(files[split].unscored)).toBe(digests[`preprocess/oasst1_en_val_output_v2t_${split}.jsonl`]!.sha256)
    }
  })

  it('gives equal inputs equal ids, and a corrected label the same id', async () => {
    const rated = (helpfulness: number): Raw => ({
      record: { prompt: 'p', response: 'r', helpfulness, correctness: 1, coherence: 1, complexity: 1, verbosity: 1 },
    })
    const ids = async (raw: Raw) => (await run(raw)).map(({ value }) => value.steerflow.id)
    const first = await ids(rated(1))
    expect(await ids(rated(4))).toEqual(first)
    expect(new Set(first).size).toBe(2)
    expect(await ids(thread('a', 'b'))).not.toEqual(await ids(thread('a', 'c')))
  })

  it('puts threads that begin alike into one tree, and a tree into one split', async () => {
    const one = await run(thread('a', 'b'))
    const other = await run(thread('a', 'c', 'd'))
    expect(one[0]!.value.tree_id).toBe(other[0]!.value.tree_id)
    expect(one[0]!.value.steerflow.split).toBe(other[0]!.value.steerflow.split)
  })

  it('bounds what one record may become, in every format', async () => {
    const fanout = { turns: 3 }
    await expect(run(thread('a', 'b', 'c', 'd'), { fanout })).rejects.toMatchObject({ code: 'STEERFLOW_FANOUT' })
    await expect(run(thread('a', 'bcdef'), { fanout: { bytes: 5 } })).rejects.toMatchObject({
      code: 'STEERFLOW_FANOUT',
    })
    expect(await run(thread('a', 'b', 'c'), { fanout })).toHaveLength(1)
  })

  it('refuses a record in no known format, and an unknown format', async () => {
    await expect(run({ record: { a: 1 } })).rejects.toMatchObject({ code: 'STEERFLOW_INPUT_FORMAT' })
    await expect(run({ format: 'parquet', record: {} })).rejects.toMatchObject({ code: 'STEERFLOW_INPUT_FORMAT' })
  })

  it('leaves out conversations with an empty answer, and says so', async () => {
    const [dropped, ...others] = await all(thread('a', ' ', 'c', 'd'))
    expect(others).toEqual([])
    expect(dropped).toMatchObject({ to: 'dropped', value: { reason: 'empty-answer' } })
    expect(dropped!.value).toMatchObject({ detail: expect.stringContaining('conversations.1.value') as string })
    expect(await run(thread('', 'b'))).toHaveLength(1)
  })

  it('takes the masked speaker for the user where an answer is empty', async () => {
    const turns = (from: string[]) =>
      from.map((name, index) => ({ from: name, value: index === 0 ? '' : 'x', label: null }))
    const record = (mask: string) => ({ system: '', mask, conversations: turns(['human', 'gpt']) })
    expect(await run({ record: record('human') })).toHaveLength(1)
    expect((await all({ record: record('gpt') }))[0]).toMatchObject({ to: 'dropped' })
  })

  it('says which part of which record it left out', async () => {
    const record = { type: 'SPAN', input: 'x', output: 'y' }
    expect(await all({ source: 'digest', line: 7, record })).toEqual([
      {
        to: 'dropped',
        value: {
          reason: 'no-chat',
          detail: 'an observation of type SPAN is not a chat',
          part: { format: 'langfuse', source: 'digest', line: 7 },
        },
      },
    ])
  })

  it('reads records by the map that came with them', async () => {
    const map = { keys: { dialog: 'messages' }, roles: { agent: 'assistant' } }
    const record = {
      dialog: [
        { role: 'user', content: 'q' },
        { role: 'agent', content: 'a' },
      ],
    }
    expect((await run({ map, record }))[0]!.value.conversations).toHaveLength(2)
  })

  it('has the same configuration digest as before there were tools, unless they are taken', () => {
    const options = preprocess.options.parse({ system: 'A chat.\n\n' })
    expect(shapingDigest(options)).toBe('93cf07e2ef3d4966dc25f59ff56536191fa9a4f7e3949df9fef3d3ff238a5ae4')
    expect(shapingDigest({ ...options, tools: 'render' })).not.toBe(shapingDigest(options))
  })
})
