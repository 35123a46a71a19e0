import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { annotateFile, type AnnotateFile } from '../../../src/cli/annotate-file/annotate-file.js'
import { countLines } from '../../../src/cli/annotate-file/count-lines.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import { SteerflowError } from '../../../src/domain/errors.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steerflow-annotate-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const path = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(path(name), 'utf8')
const line = (value: string): string => `{"conversations": [{"value": "${value}", "from": "User"}], "system": ""}\n`
const annotated = (value: string): string =>
  `{"conversations": [{"value": "${value}", "from": "User", "label": "said:${value.length}"}], "system": ""}\n`

/** Labels a text with its length; refuses `bad`, and is gone at `gone`. */
const model = (asked: string[] = []): AnnotateFile['model'] => ({
  digest: 'd',
  attributeSet: attributeSets['oasst-12@1'],
  scoreTurn: async ({ turns }) => {
    const { value } = turns.at(-1)!
    asked.push(value)
    if (value === 'bad') throw new SteerflowError('STEERFLOW_INFERENCE_REFUSED', 'refused')
    if (value === 'gone') throw new SteerflowError('STEERFLOW_OUTAGE', 'gone')
    return { label: `said:${value.length}`, scores: {} }
  },
})

function run(input: string, output: string, more: Partial<AnnotateFile> = {}) {
  return annotateFile({
    input: path(input),
    output: path(output),
    model: model(),
    turns: 'all',
    window: () => 4,
    begin: () => {},
    advanced: () => {},
    ...more,
  })
}

describe('annotating a file', () => {
  it('keeps the order, and reports what it cannot take with its line', async () => {
    writeFileSync(path('in.jsonl'), [line('a'), '\n', line('bad'), '[]\n', line('bb'), '{"x'].join(''))
    const { rejected, rejectedPath } = await run('in.jsonl', 'out.jsonl')
    expect(rejected).toBe(4)
    expect(read('out.jsonl')).toBe(annotated('a') + annotated('bb'))
    const entries = readFileSync(rejectedPath, 'utf8').trim().split('\n')
    expect(entries.map(one => JSON.parse(one) as unknown)).toMatchObject([
      { line: 2, code: 'STEERFLOW_INPUT_JSON' },
      { line: 3, code: 'STEERFLOW_INFERENCE_REFUSED', reason: 'refused' },
      { line: 4, code: 'STEERFLOW_RECORD_INVALID' },
      { line: 6, code: 'STEERFLOW_INPUT_JSON' },
    ])
  })

  it('stops at the first line that it cannot take when strict, and keeps what is done', async () => {
    writeFileSync(path('in.jsonl'), [line('a'), line('bad'), line('c')].join(''))
    await expect(run('in.jsonl', 'out.jsonl', { strict: true })).rejects.toMatchObject({
      code: 'STEERFLOW_INFERENCE_REFUSED',
      message: 'line 2',
    })
    expect(read('out.jsonl')).toBe(annotated('a'))
    expect(existsSync(path('out.jsonl.rejected.jsonl'))).toBe(false)
    await run('in.jsonl', 'out.jsonl')
    expect(read('out.jsonl')).toBe(annotated('a') + annotated('c'))
  })

  it('makes an empty output of an empty input, and no list of rejected lines', async () => {
    writeFileSync(path('in.jsonl'), '')
    writeFileSync(path('out.jsonl.rejected.jsonl'), '{"line": 1, "code": "X", "reason": "an earlier run"}\n')
    expect(await run('in.jsonl', 'out.jsonl')).toMatchObject({ rejected: 0 })
    expect(read('out.jsonl')).toBe('')
    expect(existsSync(path('out.jsonl.rejected.jsonl'))).toBe(false)
  })

  it('keeps what is done in an outage, and goes on after it with the same texts apart', async () => {
    const inputs = ['a', 'bad', 'a', 'gone', 'a', 'bad']
    writeFileSync(path('in.jsonl'), inputs.map(line).join(''))
    await expect(run('in.jsonl', 'out.jsonl', { window: () => 1 })).rejects.toThrow('gone')
    expect(read('out.jsonl')).toBe(annotated('a') + annotated('a'))

    const asked: string[] = []
    const begun: unknown[] = []
    writeFileSync(path('in.jsonl'), inputs.map(value => line(value === 'gone' ? 'here' : value)).join(''))
    const { rejected } = await run('in.jsonl', 'out.jsonl', {
      model: model(asked),
      begin: earlier => begun.push(earlier),
    })
    expect(begun).toEqual([{ annotated: 2, rejected: 1 }])
    expect(asked).toEqual(['here', 'a', 'bad'])
    expect(rejected).toBe(2)
    expect(read('out.jsonl')).toBe([annotated('a'), annotated('a'), annotated('here'), annotated('a')].join(''))
  })

  it.each([1, 20, 60, 150])('repairs a last line that is torn, %i bytes before its end', async torn => {
    writeFileSync(path('in.jsonl'), ['a', 'b', 'c'].map(line).join(''))
    await run('in.jsonl', 'out.jsonl')
    const whole = read('out.jsonl')
    writeFileSync(path('out.jsonl'), whole.slice(0, -torn))
    await run('in.jsonl', 'out.jsonl')
    expect(read('out.jsonl')).toBe(whole)
  })

  it('does rejected lines again that come after the output, where a kill left them', async () => {
    writeFileSync(path('in.jsonl'), ['a', 'bad', 'c', 'bad'].map(line).join(''))
    await run('in.jsonl', 'out.jsonl')
    const list = read('out.jsonl.rejected.jsonl')
    writeFileSync(path('out.jsonl'), '')
    await run('in.jsonl', 'out.jsonl')
    expect(read('out.jsonl')).toBe(annotated('a') + annotated('c'))
    expect(read('out.jsonl.rejected.jsonl')).toBe(list)
  })

  it('adds what came to the end of the input', async () => {
    writeFileSync(path('in.jsonl'), line('a'))
    await run('in.jsonl', 'out.jsonl')
    writeFileSync(path('in.jsonl'), line('a') + line('b'))
    const asked: string[] = []
    await run('in.jsonl', 'out.jsonl', { model: model(asked) })
    expect(asked).toEqual(['b'])
    expect(read('out.jsonl')).toBe(annotated('a') + annotated('b'))
  })

  it.each([
    ['another text', line('other')],
    ['fewer lines', ''],
  ])('refuses an output of another input: %s', async (_, input) => {
    writeFileSync(path('out.jsonl'), annotated('a'))
    writeFileSync(path('in.jsonl'), input)
    await expect(run('in.jsonl', 'out.jsonl')).rejects.toMatchObject({ code: 'STEERFLOW_OUTPUT_FOREIGN' })
    expect(read('out.jsonl')).toBe(annotated('a'))
  })

  it('reads and writes gzip, and goes on with one', async () => {
    writeFileSync(path('in.jsonl.gz'), gzipSync(['a', 'gone', 'c'].map(line).join('')))
    await expect(run('in.jsonl.gz', 'out.jsonl.gz', { window: () => 1 })).rejects.toThrow('gone')
    expect(existsSync(path('out.jsonl.gz'))).toBe(false)
    writeFileSync(path('in.jsonl.gz'), gzipSync(['a', 'b', 'c'].map(line).join('')))
    await run('in.jsonl.gz', 'out.jsonl.gz')
    const expanded = (): string => gunzipSync(readFileSync(path('out.jsonl.gz'))).toString()
    expect(expanded()).toBe(['a', 'b', 'c'].map(annotated).join(''))
    expect(existsSync(path('out.jsonl.gz.partial'))).toBe(false)

    const asked: string[] = []
    writeFileSync(path('in.jsonl.gz'), gzipSync(['a', 'b', 'c', 'd'].map(line).join('')))
    await run('in.jsonl.gz', 'out.jsonl.gz', { model: model(asked) })
    expect(asked).toEqual(['d'])
    expect(expanded()).toBe(['a', 'b', 'c', 'd'].map(annotated).join(''))
  })
})

describe('counting lines', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['a\n', 1],
    ['a\n\nb', 3],
  ])('%j', async (text, count) => {
    writeFileSync(path('lines'), text)
    expect(await countLines(path('lines'))).toBe(count)
  })

  it('counts those before a damage', async () => {
    writeFileSync(path('torn.gz'), gzipSync('a\nb\n').subarray(0, -6))
    expect(await countLines(path('torn.gz'))).toBeGreaterThanOrEqual(0)
    await expect(countLines(path('none'))).rejects.toMatchObject({ code: 'STEERFLOW_INPUT_NOT_FOUND' })
  })
})
