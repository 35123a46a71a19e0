import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
      begin: earlier => void begun.push(earlier),
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

describe('taking rejected lines again', () => {
  const texts = ['a', 'bad', 'bb', 'bad', 'ccc', 'bad', 'd']
  const list = (...lines: number[]): string =>
    lines.map(line => `{"line":${line},"code":"STEERFLOW_INFERENCE_REFUSED","reason":"refused"}\n`).join('')
  const all = texts.map(annotated).join('')
  const files = (): string[] => readdirSync(folder).sort()

  /** A model that takes what `model` refuses, but refuses or is gone at those calls, counted from 1. */
  const works = (asked: string[], { refused = 0, gone = 0 } = {}): AnnotateFile['model'] => ({
    ...model(),
    scoreTurn: async ({ turns }) => {
      asked.push(turns[0]!.value)
      if (asked.length === refused) throw new SteerflowError('STEERFLOW_INFERENCE_REFUSED', 'refused')
      if (asked.length === gone) throw new SteerflowError('STEERFLOW_OUTAGE', 'gone')
      return { label: `said:${turns[0]!.value.length}`, scores: {} }
    },
  })

  beforeEach(async () => {
    writeFileSync(path('in.jsonl'), texts.map(line).join(''))
    await run('in.jsonl', 'out.jsonl')
  })

  it('asks for them alone, and only when told to', async () => {
    // Another spelling than ours shows that a line stays as it is.
    const before = read('out.jsonl').replaceAll('": ', '":')
    writeFileSync(path('out.jsonl'), before)
    const asked: string[] = []
    expect(await run('in.jsonl', 'out.jsonl', { model: works(asked) })).toMatchObject({ rejected: 3 })
    expect(asked).toEqual([])
    let advanced = 0
    const begun: unknown[] = []
    const again: Partial<AnnotateFile> = {
      model: works(asked),
      retryRejected: true,
      begin: earlier => void begun.push(earlier),
      advanced: () => advanced++,
    }
    expect(await run('in.jsonl', 'out.jsonl', again)).toMatchObject({ rejected: 0 })
    expect([asked, advanced, begun]).toEqual([['bad', 'bad', 'bad'], 3, [{ annotated: 4, rejected: 0 }]])
    const lines = before.split('\n')
    expect(read('out.jsonl')).toBe(
      [
        lines[0],
        annotated('bad').trim(),
        lines[1],
        annotated('bad').trim(),
        lines[2],
        annotated('bad').trim(),
        lines[3],
      ]
        .map(one => `${one}\n`)
        .join(''),
    )
    expect(files()).toEqual(['in.jsonl', 'out.jsonl'])
  })

  it('lists those that are refused again', async () => {
    const asked: string[] = []
    await run('in.jsonl', 'out.jsonl', { model: works(asked, { refused: 2 }), retryRejected: true, window: () => 1 })
    expect(read('out.jsonl')).toBe(['a', 'bad', 'bb', 'ccc', 'bad', 'd'].map(annotated).join(''))
    expect(read('out.jsonl.rejected.jsonl')).toBe(list(4))
  })

  it.each([[true], [undefined]])('goes on where it was stopped, told so again or not: %s', async retryRejected => {
    const before = [read('out.jsonl'), read('out.jsonl.rejected.jsonl')]
    const asked: string[] = []
    const stopped = { model: works(asked, { refused: 1, gone: 3 }), retryRejected: true, window: () => 1 }
    await expect(run('in.jsonl', 'out.jsonl', stopped)).rejects.toThrow('gone')
    expect([read('out.jsonl'), read('out.jsonl.rejected.jsonl')]).toEqual(before)
    const more: string[] = []
    await run('in.jsonl', 'out.jsonl', { model: works(more), retryRejected })
    expect([asked.length, more.length]).toEqual([3, 1])
    expect(read('out.jsonl')).toBe(['a', 'bb', 'bad', 'ccc', 'bad', 'd'].map(annotated).join(''))
    expect(read('out.jsonl.rejected.jsonl')).toBe(list(2))
    expect(files()).toEqual(['in.jsonl', 'out.jsonl', 'out.jsonl.rejected.jsonl'])
  })

  it('also takes what came to the end of the input, and what an earlier run left', async () => {
    writeFileSync(path('in.jsonl'), [...texts, 'e'].map(line).join(''))
    const asked: string[] = []
    await run('in.jsonl', 'out.jsonl', { model: works(asked), retryRejected: true })
    expect(asked).toEqual(['bad', 'bad', 'bad', 'e'])
    expect(read('out.jsonl')).toBe(all + annotated('e'))
  })

  it.each([
    ['nothing is replaced yet', { out: 0, rejected: list(2, 4, 6), retried: all, again: null }],
    ['the list is ready', { out: 0, rejected: list(2, 4, 6), retried: all, again: '' }],
    ['the output is replaced', { out: all, rejected: list(2, 4, 6), retried: null, again: '' }],
    ['the old list is removed', { out: all, rejected: null, retried: null, again: '' }],
  ])('ends what a kill left: %s', async (_, left) => {
    const put = (name: string, text: string | number | null): void => {
      if (text === null) rmSync(path(name), { force: true })
      else if (typeof text === 'string') writeFileSync(path(name), text)
    }
    put('out.jsonl', left.out)
    put('out.jsonl.rejected.jsonl', left.rejected)
    put('out.jsonl.retried.jsonl', left.retried)
    put('out.jsonl.retried.jsonl.rejected.jsonl', left.again)
    const asked: string[] = []
    expect(await run('in.jsonl', 'out.jsonl', { model: works(asked) })).toMatchObject({ rejected: 0 })
    expect([asked, read('out.jsonl'), files()]).toEqual([[], all, ['in.jsonl', 'out.jsonl']])
  })

  it('keeps the list of those refused again when the kill came between the two', async () => {
    writeFileSync(path('out.jsonl'), ['a', 'bad', 'bb', 'ccc', 'bad', 'd'].map(annotated).join(''))
    writeFileSync(path('out.jsonl.retried.jsonl.rejected.jsonl'), list(4))
    expect(await run('in.jsonl', 'out.jsonl')).toMatchObject({ rejected: 1 })
    expect(read('out.jsonl.rejected.jsonl')).toBe(list(4))
  })

  it('forgets what belongs to an output that was removed', async () => {
    writeFileSync(path('out.jsonl.retried.jsonl'), annotated('a'))
    rmSync(path('out.jsonl'))
    const asked: string[] = []
    await run('in.jsonl', 'out.jsonl', { model: model(asked) })
    expect(asked).toHaveLength(texts.length)
    expect(files()).toEqual(['in.jsonl', 'out.jsonl', 'out.jsonl.rejected.jsonl'])
  })

  it('takes them again of a compressed output', async () => {
    await run('in.jsonl', 'out.jsonl.gz')
    rmSync(path('out.jsonl'))
    await run('in.jsonl', 'out.jsonl.gz', { model: works([]), retryRejected: true })
    expect(gunzipSync(readFileSync(path('out.jsonl.gz'))).toString()).toBe(all)
    expect(files()).toEqual(['in.jsonl', 'out.jsonl.gz'])
  })
})
