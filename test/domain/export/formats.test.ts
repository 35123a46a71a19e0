import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exportFormats } from '../../../src/adapters/export/formats.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import type { Conversation, Turn } from '../../../src/domain/conversation.js'
import type { ExportContext } from '../../../src/domain/export/export-format.js'
import type { LabelPlace } from '../../../src/domain/export/label-place.js'
import { extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import { conversation, snapshot } from '../../support/training.js'

const context = (labels: LabelPlace): ExportContext => ({
  snapshot,
  attributeSets: [attributeSets['oasst-12-lang@1']],
  labels,
  promptTokens: extraIdTokens,
  tokenizer: '',
  threads: 1,
  maxTokens: 4096,
})

const user = (value: string, label: string | null = null): Turn => ({ value, from: 'User', label })
const reply = (value: string, label: string | null = null): Turn => ({ value, from: 'Assistant', label })
const record = (...conversations: Turn[]): Conversation => ({ ...conversation('a'), conversations })

async function encode(format: string, given: Conversation, labels: LabelPlace = 'system') {
  const encoder = await exportFormats.find(({ name }) => name === format)!.open(context(labels))
  const { rows, counts = {} } = await encoder.encode(given)
  return { rows, counts: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)), encoder }
}

const two = record(user('Q1', 'quality:1'), reply('A1', 'quality:4,lang:en'), user('Q2'), reply('A2', 'quality:2'))

describe('the format steerlm', () => {
  it("is the original scripts' line", async () => {
    const { rows } = await encode('steerlm', record(user('é\n'), { ...reply('A', 'quality:4'), gt_label: null }))
    expect(rows).toEqual([
      '{"conversations": [{"value": "é\\n", "from": "User", "label": null}, ' +
        '{"value": "A", "from": "Assistant", "label": "quality:4", "gt_label": null}], ' +
        '"tree_id": "tree-of-a", "system": "S", "mask": "User", "type": "VALUE_TO_TEXT"}',
    ])
  })
})

describe('the format regression', () => {
  const start =
    '<extra_id_0>System\\nA chat between a curious user and an artificial intelligence assistant. ' +
    "The assistant gives helpful, detailed, and polite answers to the user's questions.\\n"

  it('has a row a labelled turn: the text so far without labels, nine scores, -100.0 where missing', async () => {
    const { rows } = await encode(
      'regression',
      record(user('Q'), reply('A', 'quality:3,verbosity:0,lang:en'), user('é', 'humor:1')),
    )
    const text = `${start}<extra_id_1>User\\nQ\\n<extra_id_1>Assistant\\nA\\n`
    const missing = (count: number) => Array.from({ length: count }, () => '-100.0').join(', ')
    expect(rows).toEqual([
      `{"text": "${text}<extra_id_2>", "label": [3.0, ${missing(7)}, 0.0]}`,
      `{"text": "${text}<extra_id_1>User\\né\\n<extra_id_2>", "label": [${missing(2)}, 1.0, ${missing(6)}]}`,
    ])
  })

  it('leaves out and counts turns that score none of the nine', async () => {
    const { rows, counts } = await encode('regression', record(user('Q', 'lang:en'), reply('A', 'violence:1')))
    expect(rows).toEqual([])
    expect(counts).toEqual({ 'labelled turns left out: none of the nine attributes': 1 })
  })

  it('takes who is masked for the user, whatever the name', async () => {
    const { rows } = await encode('regression', {
      ...record({ value: 'Q', from: 'Human' }, reply('A', 'quality:1')),
      mask: 'Human',
    })
    expect(rows[0]).toContain('<extra_id_1>User\\nQ\\n<extra_id_1>Assistant')
  })
})

describe('the format messages', () => {
  it.each<[LabelPlace, readonly string[]]>([
    ['system', ['S\nquality:2', 'Q1', 'A1', 'Q2', 'A2']],
    ['user', ['S', 'Q1\nquality:4,lang:en', 'A1', 'Q2\nquality:2', 'A2']],
    ['assistant', ['S', 'Q1', 'quality:4,lang:en\nA1', 'Q2', 'quality:2\nA2']],
    ['none', ['S', 'Q1', 'A1', 'Q2', 'A2']],
  ])('has the label line in its place: %s', async (place, texts) => {
    const { rows, encoder } = await encode('messages', two, place)
    const roles = ['system', 'user', 'assistant', 'user', 'assistant']
    expect(JSON.parse(rows[0]!)).toEqual({ messages: texts.map((content, index) => ({ role: roles[index], content })) })
    expect(encoder.about.join(' ')).toMatch(/label line/i)
  })

  it('ends with a reply, and has no system message where there is no system prompt', async () => {
    const { rows, counts } = await encode('messages', { ...record(user('Q'), reply('A'), user('Q2')), system: '' })
    expect(JSON.parse(rows[0]!)).toEqual({
      messages: [
        { role: 'user', content: 'Q' },
        { role: 'assistant', content: 'A' },
      ],
    })
    expect(counts).toEqual({ 'turns cut: after the last reply': 1 })
  })

  it('refuses records whose labels are learnt, unless it leaves them out', async () => {
    const value: Conversation = { ...two, type: 'TEXT_TO_VALUE' }
    await expect(encode('messages', value)).rejects.toMatchObject({ code: 'STEERFLOW_USAGE' })
    expect((await encode('messages', value, 'none')).rows).toHaveLength(1)
  })
})

/** The turns of rows, as `role text`. */
const turnsOf: Readonly<Record<string, (row: string) => readonly string[]>> = {
  messages: row =>
    (JSON.parse(row) as { messages: { role: string; content: string }[] }).messages.flatMap(({ role, content }) =>
      role === 'system' ? [] : [`${role} ${content}`],
    ),
  sharegpt: row =>
    (JSON.parse(row) as { conversations: { from: string; value: string }[] }).conversations.map(
      ({ from, value }) => `${from === 'human' ? 'user' : from === 'gpt' ? 'assistant' : from} ${value}`,
    ),
}

describe.each(['messages', 'sharegpt'])('the format %s', name => {
  it.each<[string, readonly Turn[], readonly string[] | null, Record<string, number>]>([
    ['begins with the user and ends with a reply', [user('q'), reply('a')], ['user q', 'assistant a'], {}],
    [
      'without what stands before the first question and after the last reply',
      [reply('hi'), user('q'), reply('a'), user('q')],
      ['user q', 'assistant a'],
      { 'turns cut: before the first question': 1, 'turns cut: after the last reply': 1 },
    ],
    [
      'not with a speaker twice in a row',
      [user('q'), user('q'), reply('a')],
      null,
      { 'records left out: a speaker twice in a row': 1 },
    ],
    ['not without a reply', [user('q')], null, { 'records left out: no question with a reply': 1 }],
    ['not with a reply to nothing', [reply('a'), user('q')], null, { 'records left out: no question with a reply': 1 }],
  ])('%s', async (_, turns, expected, changed) => {
    const { rows, counts } = await encode(name, record(...turns))
    expect(rows.map(turnsOf[name]!)).toEqual(expected ? [expected] : [])
    expect(counts).toEqual(changed)
  })

  it('alternates whatever comes in, and counts what it cuts and leaves out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), async speakers => {
        const turns = speakers.map((isUser, at) => (isUser ? user(`q${at}`) : reply(`a${at}`)))
        const { rows, counts } = await encode(name, record(...turns))
        const kept = rows.flatMap(turnsOf[name]!)
        for (const [at, turn] of kept.entries()) expect(turn.startsWith('user')).toBe(at % 2 === 0)
        expect(kept.length % 2).toBe(0)
        const counted = Object.entries(counts ?? {})
        const sum = (what: string) => counted.reduce((all, [key, count]) => all + (key.startsWith(what) ? count : 0), 0)
        expect(rows.length + sum('records left out')).toBe(1)
        if (rows.length > 0) expect(kept.length + sum('turns cut')).toBe(turns.length)
      }),
    )
  })
})

describe('the format sharegpt', () => {
  it('has a dataset_info.json that names every column and tag', async () => {
    const { encoder } = await encode('sharegpt', two)
    const files = encoder.files!({ train: 'train.jsonl', validation: 'validation.jsonl' })
    expect(JSON.parse(files['dataset_info.json']!)).toEqual(
      Object.fromEntries(
        ['train', 'validation'].map(split => [
          `value_model_${split}`,
          {
            file_name: `${split}.jsonl`,
            formatting: 'sharegpt',
            columns: { messages: 'conversations', system: 'system' },
            tags: { role_tag: 'from', content_tag: 'value', user_tag: 'human', assistant_tag: 'gpt' },
          },
        ]),
      ),
    )
  })
})
