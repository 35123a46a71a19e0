import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { main } from '../../../src/cli/program.js'
import { jsonPath } from '../../support/tokenizer-json.js'
import { models } from '../../support/tokenizers.js'

const conversation = (answer: string, question = 'hi') =>
  `{"conversations": [{"value": "${question}", "from": "User"}, {"value": "${answer}", "from": "Assistant"}], ` +
  '"system": "", "mask": "User", "type": "VALUE_TO_TEXT"}'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steerflow-clean-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)
const read = (name: string) => readFileSync(path(name), 'utf8')

async function clean(input: string | Buffer, { flags = [] as string[], from = 'in.jsonl', to = 'out.jsonl' } = {}) {
  writeFileSync(path(from), input)
  let out = ''
  let err = ''
  const argv = ['clean', '--dataset_file', path(from), '--output_file', path(to), '--model_file', models.v1, ...flags]
  const code = await main(argv, { out: (text: string) => void (out += text), err: text => void (err += text) })
  return { code, out, err }
}

describe('clean on files', () => {
  it('writes an empty file for an empty one', async () => {
    expect(await clean('')).toMatchObject({ code: 3, out: '' })
    expect(read('out.jsonl')).toBe('')
  })

  it('reads and writes gzip', async () => {
    const { code } = await clean(gzipSync(`${conversation('yes')}\n`), { from: 'in.jsonl.gz', to: 'out.jsonl.gz' })
    expect(code).toBe(0)
    expect(gunzipSync(readFileSync(path('out.jsonl.gz'))).toString()).toBe(`${conversation('yes')}\n`)
  })

  const good = [conversation('one'), conversation('two')]
  const damaged = [good[0], '{', '', '[1]', Buffer.from([0xff]), conversation('\\ud800'), good[1]]
  const joined = Buffer.concat(damaged.flatMap(line => [Buffer.from(line ?? ''), Buffer.from('\n')]))

  it('reports lines that are no JSON objects, keeps the others in order, and ends with exit code 3', async () => {
    const { code, out, err } = await clean(joined)
    expect({ code, out }).toEqual({ code: 3, out: '0\n' })
    expect(err).toContain(path('out.jsonl.rejected.jsonl'))
    expect(read('out.jsonl')).toBe(`${good.join('\n')}\n`)
    const rejected = read('out.jsonl.rejected.jsonl').trimEnd().split('\n')
    expect(rejected.map(line => JSON.parse(line) as unknown)).toMatchObject([
      { line: 2, code: 'STEERFLOW_INPUT_JSON' },
      { line: 3, code: 'STEERFLOW_INPUT_JSON' },
      { line: 4, code: 'STEERFLOW_INPUT_FORMAT', reason: 'the line is not a JSON object' },
      { line: 5, code: 'STEERFLOW_INPUT_JSON', reason: expect.stringContaining('UTF-8') as string },
      { line: 6, code: 'STEERFLOW_INPUT_JSON', reason: expect.stringContaining('surrogate') as string },
    ])
  })

  it('stops at the first of them when strict, and leaves an earlier output as it was', async () => {
    writeFileSync(path('out.jsonl'), 'earlier')
    const { code, err } = await clean(joined, { flags: ['--strict'] })
    expect(code).toBe(1)
    expect(err).toContain('line 2')
    expect(readdirSync(folder).toSorted()).toEqual(['in.jsonl', 'out.jsonl'])
    expect(read('out.jsonl')).toBe('earlier')
  })

  it('takes a missing field for null, and removes what the loader cannot read', async () => {
    const lines = [
      '{"conversations": [{"value": "a", "from": "U"}, {"value": "b", "from": "A", "label": 1}], "system": "", "mask": "U"}',
      conversation('x').replace('"system": "", ', ''),
      conversation('x').replace('"mask": "User", ', ''),
      conversation('x').replace('"value": "x"', '"value": null'),
      conversation('x').replace('"from": "Assistant"', '"from": "Assistant", "label": 3'),
      '{"type": "TEXT_TO_VALUE"}',
    ]
    const { code, out } = await clean(`${lines.join('\n')}\n`)
    expect(code).toBe(0)
    expect(out).toBe(`0\n${[1, 2, 3, 4, 5].map(i => `Exception removed ${i}\n`).join('')}`)
    expect(read('out.jsonl')).toBe(`${lines[0]}\n`)
  })

  it('counts with the prompt tokens that it is told', async () => {
    const line = `${conversation('yes', 'word '.repeat(20))}\n`
    const tokens = ['--system_turn_start', '\\x00', '--turn_start=\\u0011', '--label_start', '\\x12']
    expect(await clean(line, { flags: ['--seq_len=40'] })).toMatchObject({ out: '0\nremoved 0\n' })
    expect(await clean(line, { flags: ['--seq_len=40', ...tokens] })).toMatchObject({ out: '0\n' })
  })

  it('keeps the order of many lines, and says every thousandth', async () => {
    const lines = Array.from({ length: 2500 }, (_, i) => conversation(`answer ${i}`, 'word '.repeat((i * 7) % 50)))
    const { out } = await clean(lines.join('\n'), { flags: ['--seq_len=50', '--threads=2'] })
    const said = out.trimEnd().split('\n')
    expect(said.filter(line => !line.startsWith('removed'))).toEqual(['0', '1000', '2000'])
    const removed = new Set(said.filter(line => line.startsWith('removed')).map(line => Number(line.split(' ')[1])))
    expect(removed.size).toBeGreaterThan(100)
    expect(read('out.jsonl').trimEnd().split('\n')).toEqual(lines.filter((_, i) => !removed.has(i)))
  })

  it('removes what holds a special token of a tokenizer.json, and says so', async () => {
    const lines = [conversation('yes'), conversation('an <s>old</s> price'), conversation('yes', 'what is </s>?')]
    const flags = ['--library', 'huggingface', '--model_file', jsonPath('nemotron')]
    const { code, out, err } = await clean(`${lines.join('\n')}\n`, { flags })
    expect({ code, out }).toEqual({ code: 0, out: '0\nException removed 1\nException removed 2\n' })
    expect(read('out.jsonl')).toBe(`${lines[0]}\n`)
    expect(err).toContain(
      '2 of the removed lines cannot be masked; the first, line 2: a text contains "<s>", a special',
    )
  })

  it('says that the model is none', async () => {
    const { code, err } = await clean('', { flags: ['--model_file', 'package.json'] })
    expect(code).toBe(1)
    expect(err).toContain('STEERFLOW_TOKENIZER')
  })
})
