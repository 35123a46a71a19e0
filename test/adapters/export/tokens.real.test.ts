import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { main } from '../../../src/cli/program.js'
import { type Conversation, ConversationType, type Split } from '../../../src/domain/conversation.js'
import { preprocessed } from '../../support/preprocessed.js'
import { seal } from '../../support/sealed.js'
import { attributeSetName, conversation } from '../../support/training.js'

const Row = z.strictObject({ input_ids: z.array(z.int()), labels: z.array(z.int()) })
const Dump = z.object({ ids: z.array(z.int()), mask: z.string() })
const Written = z.object({ rows: z.record(z.string(), z.int()), counts: z.record(z.string(), z.int()) })

/** The records of a preprocessed file, with ids in the order of its lines, which is that of a snapshot. */
async function records(file: string, split: Split): Promise<readonly Conversation[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  return lines.map((line, index) => ({
    ...(JSON.parse(line) as Conversation),
    steerflow: {
      ...conversation(String(index).padStart(6, '0'), { split }).steerflow,
      attribute_set: attributeSetName,
    },
  }))
}

/** What the original loader has: ids and masks of the validation file, token by token. */
const dumps = (name: string) =>
  gunzipSync(readFileSync(new URL(`../../golden/clean/${name}.dump.jsonl.gz`, import.meta.url)))
    .toString()
    .trimEnd()
    .split('\n')
    .map(line => Dump.parse(JSON.parse(line)))

/** Rows and learnt tokens of the train file at 512 tokens: counted by a script of SentencePiece and the masks' rules alone. */
const at512 = {
  VALUE_TO_TEXT: { train: 937, validation: 59, learnt: 163_970 + 12_326, dump: 'corpus_v2t_val' },
  TEXT_TO_VALUE: { train: 764, validation: 39, learnt: 60_387 + 3_307, dump: 'corpus_val' },
} as const

describe('a record', () => {
  it('without a loss mask is left out, and one of which nothing is learnt; both are counted', async () => {
    const root = await mkdtemp(join(tmpdir(), 'steerflow-tokens-'))
    onTestFinished(() => rm(root, { recursive: true }))
    const question = { ...conversation('q'), conversations: conversation('q').conversations.slice(0, 1) }
    const manifests = await seal(root, [[conversation('a'), { ...conversation('m'), mask: 'Nobody' }, question]])
    await (await openSnapshots({ root })).materialise('d', manifests)
    let out = ''
    const argv = ['export', 'd', '--format', 'tokens', '--output', join(root, 'out'), '--json', '--data-dir', root]
    await main(['datasets', ...argv], { out: text => void (out += String(text)), err: () => undefined })
    const { rows, counts } = Written.parse(JSON.parse(out))
    expect(rows).toEqual({ train: 1, validation: 0 })
    expect(counts).toMatchObject({
      'records left out: they have no loss mask': 1,
      'records left out: no token of the row is learnt': 1,
    })
  })
})

describe.each(ConversationType.options)('datasets export --format tokens, %s', type => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'steerflow-tokens-'))
    const source = await preprocessed(type)
    const [train, validation] = [await records(source.train, 'train'), await records(source.val, 'validation')]
    const distinct = validation.map(record => ({
      ...record,
      steerflow: { ...record.steerflow, id: `v${record.steerflow.id}` },
    }))
    const manifests = await seal(root, [train, distinct])
    await (await openSnapshots({ root })).materialise('d', manifests)
    await source.remove()
  })
  afterAll(() => rm(root, { recursive: true }))

  async function exported(maxTokens: number) {
    const output = join(root, `out-${maxTokens}`)
    let out = ''
    const argv = ['--format', 'tokens', '--max-tokens', String(maxTokens), '--output', output, '--json']
    const code = await main(['datasets', 'export', 'd', ...argv, '--data-dir', root], {
      out: text => void (out += String(text)),
      err: () => undefined,
    })
    expect(code).toBe(0)
    const read = async (split: Split) =>
      (await readFile(join(output, `${split}.jsonl`), 'utf8'))
        .trimEnd()
        .split('\n')
        .map(line => Row.parse(JSON.parse(line)))
    return { read, output, ...Written.parse(JSON.parse(out)) }
  }

  it('has the ids and masks of the original loader, record by record', async () => {
    const { read } = await exported(100_000)
    const expected = dumps(at512[type].dump).map(({ ids, mask }) => ({
      input_ids: ids,
      labels: ids.map((id, i) => (mask[i] === '1' ? id : -100)),
    }))
    expect(expected).toHaveLength(59)
    expect(await read('validation')).toEqual(expected)
  })

  it('cuts rows, leaves out those of which nothing is left to learn, and says how many', async () => {
    const { read, rows, counts, output } = await exported(512)
    const { train, validation, learnt } = at512[type]
    expect(rows).toEqual({ train, validation })
    expect(counts['tokens that are learnt']).toBe(learnt)
    expect(counts['records left out: no token of the row is learnt'] ?? 0).toBe(943 + 59 - train - validation)
    for (const { input_ids, labels } of [...(await read('train')), ...(await read('validation'))]) {
      expect(input_ids.length).toBeLessThanOrEqual(512)
      expect(labels.length).toBe(input_ids.length)
      expect(labels.every((label, i) => label === -100 || label === input_ids[i])).toBe(true)
      expect(labels.some(label => label !== -100)).toBe(true)
    }
    const card = await readFile(join(output, 'README.md'), 'utf8')
    expect(card).toContain('At most 512 tokens a row, prompt tokens `"<extra_id_0>"`')
  })
})
