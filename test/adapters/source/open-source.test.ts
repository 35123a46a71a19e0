import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSource, type SourceOptions } from '../../../src/adapters/source/open-source.js'
import { Raw } from '../../../src/domain/conversation.js'
import { sourceFormats } from '../../../src/domain/formats/index.js'
import { sha256 } from '../../../src/domain/digest.js'
import type { SourceItem } from '../../../src/runtime/ingest.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Everything that a file with these bytes gives. */
async function read(name: string, content: string | Buffer, options?: SourceOptions) {
  const path = join(folder, name)
  await writeFile(path, content)
  const source = await openSource(path, options)
  const items: SourceItem[] = []
  let code: string | null = null
  try {
    for await (const item of source.items()) items.push(item)
  } catch (error) {
    code = (error as { code: string }).code
  }
  await source.close()
  return { source, items, code, short: items.map(brief) }
}

const brief = (item: SourceItem) =>
  item.kind === 'record' ? `${item.position} ${item.key}` : `${item.position} ${item.code} ${item.reason}`
const raw = (item: SourceItem | undefined) => {
  if (item?.kind !== 'record') throw new Error('not a record')
  return Raw.parse(JSON.parse(item.value.toString()))
}

const tree = (id: string) => `{"message_tree_id": "${id}", "prompt": {"text": "\\u00e9", "n": 1.0}}`

it('detects the format under the names of a map, which goes along with the unchanged record', async () => {
  const line = '{"dialog": [{"who":"user","says":"q"}]}'
  const map = { keys: { dialog: 'messages', who: 'role', says: 'content' }, roles: {} }
  expect((await read('map.jsonl', line)).short[0]).toContain('STEERFLOW_INPUT_FORMAT')
  const { items } = await read('map.jsonl', line, { map })
  expect(raw(items[0])).toMatchObject({ format: 'openai-messages', map, record: JSON.parse(line) as object })
  expect(
    raw((await read('plain.jsonl', '{"messages": []}', { map: { keys: {}, roles: {} } })).items[0]).map,
  ).toBeUndefined()
})

describe('openSource', () => {
  it('puts each line into an envelope, spelled as it was', async () => {
    const content = `${tree('a')}\n${tree('b')}`
    const { source, items } = await read('trees.jsonl', content)
    expect(source.digest).toBe(sha256(content))
    expect(source.name).toBe('trees.jsonl')
    const [first] = items
    expect(first?.kind === 'record' && first.value.toString()).toBe(
      `{"format":"oasst-tree","source":"${source.digest}","line":1,"record":${tree('a')}}`,
    )
    expect(items.map(brief)).toEqual(['0 a', '1 b'])
    expect(raw(items[1]).line).toBe(2)
  })

  it('finds out a format of a flow before those that are built in, and rejects a line on which one fails', async () => {
    const own = {
      name: 'own',
      summary: '',
      attributeSet: null,
      detect: (record: Readonly<Record<string, unknown>>) => (record['prompt'] as { text: string }).text !== '',
      read: () => [],
    }
    const { items } = await read('own.jsonl', `${tree('a')}\n{"messages": []}`, { formats: [own, ...sourceFormats] })
    expect(raw(items[0]).format).toBe('own')
    expect(items[1]).toMatchObject({
      kind: 'reject',
      code: 'STEERFLOW_INPUT_FORMAT',
      reason: 'the format own cannot tell whether a record is its own',
    })
  })

  it('reads gzip, named splits and named formats', async () => {
    const bytes = gzipSync(tree('a'))
    const { source, items } = await read('trees.gz', bytes, { split: 'validation', format: 'sharegpt' })
    expect(source.digest).toBe(sha256(bytes))
    expect(raw(items[0])).toMatchObject({ split: 'validation', format: 'sharegpt', line: 1 })
  })

  it('finds out each record’s format', async () => {
    const lines = [
      tree('a'),
      '{"conversations":[]}',
      '{"messages":[]}',
      '{"prompt":"p","response":"r","helpfulness":1}',
      '{"conversations":[],"system":"","mask":"User"}',
    ]
    const { items } = await read('mixed.jsonl', lines.join('\n'))
    const formats = ['oasst-tree', 'sharegpt', 'openai-messages', 'helpsteer', 'steerlm']
    expect(items.map(item => raw(item).format)).toEqual(formats)
  })

  it('rejects what is no record, and goes on', async () => {
    const lines = ['', 'no', '[]', '{"a":1}', `{"pad":"${'x'.repeat(500)}"}`, tree('ok')]
    const bytes = Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), Buffer.from([0x22, 0xff, 0x22])])
    const { short, items } = await read('bad.jsonl', bytes, { maxLineBytes: 100 })
    expect(short).toEqual([
      '0 STEERFLOW_INPUT_JSON blank line',
      '1 STEERFLOW_INPUT_JSON not JSON',
      '2 STEERFLOW_INPUT_FORMAT a JSON object is required',
      '3 STEERFLOW_INPUT_FORMAT a record with the keys {a} is in no known format; ingest.map can say what its keys are',
      `4 STEERFLOW_INPUT_LINE_TOO_LONG 510 bytes, sha256 ${sha256(lines[4]!)}`,
      '5 ok',
      '6 STEERFLOW_INPUT_JSON not UTF-8 at byte 1',
    ])
    expect(items[6]).toMatchObject({ bytes: Buffer.from([0x22, 0xff, 0x22]) })
  })

  it('passes over a byte order mark', async () => {
    expect((await read('bom.jsonl', `\ufeff${tree('a')}\n\ufeff${tree('b')}`)).short).toEqual([
      '0 a',
      '1 STEERFLOW_INPUT_JSON not JSON',
    ])
  })

  it('yields what came before a torn end', async () => {
    const many = Array.from({ length: 4000 }, (_, index) => tree(`${index}-${Math.sin(index)}`)).join('\n')
    const whole = gzipSync(many)
    const { items, code } = await read('torn.gz', whole.subarray(0, whole.length / 2))
    expect(code).toBe('STEERFLOW_INPUT_TORN')
    expect(items.length).toBeGreaterThan(1000)
  })

  it('takes a nesting of 32,000 levels, with and without an id, and says which line is nested deeper', async () => {
    const nested = (levels: number): string => '{"prompt":'.repeat(levels) + 'null' + '}'.repeat(levels)
    const deep = nested(32_000)
    const { items } = await read('deep.jsonl', `${deep}\n${nested(100_000)}\n{"message_tree_id":"x","prompt":${deep}}`)
    expect(items.map(item => (item.kind === 'reject' ? `${item.position} ${item.reason}` : item.kind))).toEqual([
      'record',
      '1 nested deeper than 32768 levels',
      'record',
    ])
  })

  it('says when there is no such file', async () => {
    await expect(openSource(join(folder, 'missing'))).rejects.toMatchObject({ code: 'STEERFLOW_INPUT_NOT_FOUND' })
  })
})

describe('a source with a message a line', () => {
  const message = (tree: string, id: string, parent: string | null) =>
    JSON.stringify({ message_id: id, parent_id: parent, message_tree_id: tree, text: id, role: 'prompter' })
  const lines = [
    'oops',
    message('t1', 'a', null),
    message('t2', 'b', 'a'),
    message('t3', 'd', null),
    message('t1', 'c', 'a'),
    '{"x":1}',
    message('t3', 'e', 'd'),
  ]

  it.each(['flat.jsonl', 'flat.jsonl.gz'])('gives trees at the place of their first line: %s', async name => {
    const content = name.endsWith('.gz') ? gzipSync(lines.join('\n')) : lines.join('\r\n')
    const { short, items } = await read(name, content)
    expect(short).toEqual([
      '0 STEERFLOW_INPUT_JSON not JSON',
      '1 t1',
      '2 STEERFLOW_SOURCE_INVALID parent_id: one message without a parent is required, not 0',
      '3 t3',
      '5 STEERFLOW_INPUT_FORMAT not a message of a tree, as the first lines are',
    ])
    expect(raw(items[1])).toMatchObject({
      format: 'oasst-tree',
      line: 2,
      record: { message_tree_id: 't1', prompt: { text: 'a', replies: [{ text: 'c', replies: [] }] } },
    })
    expect(items[2]).toMatchObject({ bytes: Buffer.from(lines[2]!) })
  })

  it('is taken line by line when another format is named', async () => {
    const { items } = await read('named.jsonl', lines.slice(1).join('\n'), { format: 'oasst-tree' })
    expect(items).toHaveLength(6)
  })
})
