import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../../src/cli/program.js'
import { sha256 } from '../../../src/domain/digest.js'

const corpus = 'examples/data/oasst1_en_val.trees.jsonl'
const golden = 'test/golden/data/preprocess'

let folder: string
let runs = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'preprocess-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs the command and reads what it wrote. */
async function preprocess(input: string, ...flags: string[]) {
  const prefix = join(folder, `run-${++runs}`)
  let out = ''
  let err = ''
  const argv = ['preprocess', `--input_file=${input}`, '--output_file_prefix', prefix, ...flags]
  const code = await main(argv, {
    out: (text: string) => void (out += text),
    err: text => (err += text),
    interactive: false,
    columns: 80,
  })
  const file = async (ending: string) => readFile(prefix + ending).catch(() => null)
  const [train, val, rejected] = await Promise.all(['_train.jsonl', '_val.jsonl', '.rejected.jsonl'].map(file))
  const rejects = rejected?.toString().trimEnd().split('\n') ?? []
  return {
    code,
    out,
    err,
    prefix,
    train: train?.toString() ?? null,
    val: val?.toString() ?? null,
    rejects: rejects.map(line => JSON.parse(line) as { line: number; code: string; reason: string }),
  }
}

interface Digest {
  readonly sha256: string
  readonly records: number
}

describe('preprocess, beside the original’s files', () => {
  it.each([
    [
      'preprocess/oasst1_en_val_output',
      ['--mask_role=User', '--type=TEXT_TO_VALUE', '--split_ratio=0.95', '--seed=10'],
    ],
    ['preprocess/oasst1_en_val_output_v2t', ['--type', 'VALUE_TO_TEXT', '--workers', '1']],
    ['aligner/openassistant/', ['--recipe', 'nemo-aligner', '--workers=3']],
  ])('writes the same bytes: %s', async (name, flags) => {
    const digests = JSON.parse(await readFile(`${golden}/digests.json`, 'utf8')) as Record<string, Digest>
    const run = await preprocess(corpus, ...flags)
    expect(run.code).toBe(0)
    for (const split of ['train', 'val'] as const) {
      const expected = digests[name.endsWith('/') ? `${name}${split}.jsonl` : `${name}_${split}.jsonl`]!
      expect(run[split]!.split('\n')).toHaveLength(expected.records + 1)
      expect(sha256(run[split]!)).toBe(expected.sha256)
    }
    expect(run.out).toBe(name.startsWith('aligner') ? '' : "lang values: ['en']\n")
  })

  it.each(['quirks', 'ok_childwithouttext', 'ok_nolang_nolabels', 'empty'])('writes the same bytes: %s', async name => {
    const quirks = `${golden}/quirks/${name}`
    const run = await preprocess(`${quirks}.trees.jsonl`)
    expect(run.code).toBe(run.train === '' && run.val === '' ? 3 : 0)
    expect(run.train).toBe(await readFile(`${quirks}_train.jsonl`, 'utf8'))
    expect(run.val).toBe(await readFile(`${quirks}_val.jsonl`, 'utf8'))
    expect(run.out).toBe(await readFile(`${quirks}.stdout`, 'utf8'))
    expect(run.rejects).toEqual([])
  })

  it.each([
    ['blankline', 2, 'STEERFLOW_INPUT_JSON', 'a value expected'],
    ['labelsnull', 1, 'STEERFLOW_SOURCE_INVALID', 'prompt.labels'],
    ['langnull', 1, 'STEERFLOW_SOURCE_INVALID', 'lang'],
    ['lonesurrogate', 1, 'STEERFLOW_SOURCE_INVALID', 'surrogate'],
    ['nolabels', 1, 'STEERFLOW_SOURCE_INVALID', 'lang without labels'],
    ['noreplies', 1, 'STEERFLOW_SOURCE_INVALID', 'prompt.replies[0].replies'],
    ['notreeid', 1, 'STEERFLOW_SOURCE_INVALID', 'message_tree_id'],
    ['nulllabelvalue', 1, 'STEERFLOW_SOURCE_INVALID', 'quality.value'],
    ['role', 1, 'STEERFLOW_SOURCE_INVALID', 'unknown role "system"'],
  ])('reports the line on which the original crashes: %s', async (name, line, code, reason) => {
    const input = `${golden}/quirks/crash_${name}.trees.jsonl`
    const run = await preprocess(input)
    expect(run.code).toBe(3)
    expect(run.rejects).toEqual([{ line, code, reason: expect.stringContaining(reason) as string }])

    const strict = await preprocess(input, '--strict')
    expect(strict.code).toBe(1)
    expect(strict.err).toContain(`${code}: line ${line}: `)
    expect((await readdir(folder)).filter(file => file.includes(`run-${runs}`))).toEqual([])
  })
})

describe('preprocess', () => {
  it('leaves the other trees where they are when one is bad', async () => {
    const lines = (await readFile(corpus, 'utf8')).split('\n')
    const damaged = join(folder, 'damaged.jsonl')
    const empty = join(folder, 'empty-tree.jsonl')
    await writeFile(damaged, lines.with(17, '{"broken').join('\n'))
    await writeFile(empty, lines.with(17, '{}').join('\n'))
    const [bad, good] = [await preprocess(damaged), await preprocess(empty)]
    expect(bad.code).toBe(3)
    expect(bad.rejects.map(({ line }) => line)).toEqual([18])
    expect(bad.train).toBe(good.train)
    expect(bad.val).toBe(good.val)
  })

  it('reads and writes gzip, and takes any order of threads', async () => {
    const compressed = join(folder, 'trees.jsonl.gz')
    await writeFile(compressed, gzipSync(await readFile(corpus)))
    const plain = await preprocess(corpus, '--seed', '-5', '--split-ratio', '0.5', '--workers', '1')
    const run = await preprocess(compressed, '--seed=-5', '--split_ratio=0.5', '--workers=4', '--gzip')
    for (const split of ['train', 'val'] as const)
      expect(sha256(gunzipSync(await readFile(`${run.prefix}_${split}.jsonl.gz`)))).toBe(sha256(plain[split]!))
  })

  it('rejects lines beyond the limit and trees beyond the bounds', async () => {
    const run = await preprocess(corpus, '--max-line-bytes', '20000')
    expect(run.code).toBe(3)
    expect(new Set(run.rejects.map(({ code }) => code))).toEqual(new Set(['STEERFLOW_INPUT_LINE_TOO_LONG']))
    const wide = await preprocess(corpus, '--max-paths', '8')
    expect(new Set(wide.rejects.map(({ code }) => code))).toEqual(new Set(['STEERFLOW_FANOUT']))
    expect(wide.err).toContain('lines rejected, see')
  })

  it('says how far it has come', async () => {
    const { err } = await preprocess(corpus)
    const last = JSON.parse(err.trimEnd().split('\n').at(-1)!) as Record<string, unknown>
    expect(last).toMatchObject({ progress: 'preprocess', done: 188, total: 188, unit: 'trees', ended: true })
  })

  it.each([
    [['--type', 'FOO'], 2],
    [['--split_ratio', '1.5'], 2],
    [['--seed', 'x'], 2],
    [['--recipe', 'stream'], 2],
  ])('refuses %j', async (flags, code) => {
    expect((await preprocess(corpus, ...flags)).code).toBe(code)
  })

  it('says when there is no such file, and leaves nothing behind', async () => {
    const run = await preprocess(join(folder, 'missing'))
    expect(run.code).toBe(2)
    expect(run.err).toContain('STEERFLOW_INPUT_NOT_FOUND')
    expect((await readdir(folder)).filter(file => file.includes(`run-${runs}`))).toEqual([])
  })
})
