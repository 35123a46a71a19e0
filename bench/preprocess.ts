import { closeSync, createReadStream, existsSync, openSync, writeSync } from 'node:fs'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { preprocessFile } from '../src/cli/preprocess-file/run.js'
import { defaultFanout } from '../src/domain/fanout.js'
import { type Figure, figure, paired } from './figure.js'
import type { Part } from './parts.js'
import { sized } from './sizes.js'

/** The shipped trees so many times: 33,840 trees, 502 MB, so that starting threads does not count for much. */
const copies = sized(180, 1)
const rounds = sized(3, 1)
const reference =
  'a bare loop, one thread: read lines, JSON.parse, JSON.stringify, write; the same file, in memory where there is /dev/shm'

/** Preprocess against a bare parse-and-print loop, with one worker thread and with two. */
const preprocess = async (): Promise<Figure[]> => {
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bench-preprocess-'))
  try {
    const input = join(folder, 'trees.jsonl')
    const trees = await repeat('examples/data/oasst1_en_val.trees.jsonl', input)
    const rates: Record<number, number[]> = { 1: [], 2: [] }
    const ours = async (workers: number) => {
      const rate = await timed(trees, () => convert(input, join(folder, 'ours'), workers))
      rates[workers]!.push(rate)
      return rate
    }
    const bare = () => timed(trees, () => bareLoop(input, join(folder, 'bare.jsonl')))
    const ratios = [
      await paired('preprocess, one worker', 1.0, reference, rounds, () => ours(1), bare),
      await paired('preprocess, two workers', 1.7, reference, rounds, () => ours(2), bare),
    ]
    const absolute = Object.entries(rates).map(([workers, values]) =>
      figure(`preprocess rate, workers: ${workers}`, null, 'absolute', 'trees/s', values.slice(1)),
    )
    return [...ratios, ...absolute]
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function repeat(corpus: string, to: string): Promise<number> {
  const lines = await readFile(corpus)
  await writeFile(to, '')
  for (let copy = 0; copy < copies; copy++) await appendFile(to, lines)
  return lines.toString().trimEnd().split('\n').length * copies
}

/** Units a second. */
async function timed(units: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return units / ((performance.now() - started) / 1000)
}

const convert = (input: string, prefix: string, workers: number) =>
  preprocessFile({
    input,
    prefix,
    recipe: 'nemo',
    mask: 'User',
    type: 'TEXT_TO_VALUE',
    bounds: defaultFanout,
    seed: 10n,
    ratio: 0.95,
    gzip: false,
    strict: true,
    workers,
    maxLineBytes: 2 ** 26,
    onIndexed: () => undefined,
    onDone: () => undefined,
  })

/** The least that any program does that reads and writes JSON lines in JavaScript. */
async function bareLoop(input: string, output: string): Promise<void> {
  const file = openSync(output, 'w')
  let held: Buffer<ArrayBufferLike> = Buffer.alloc(0)
  for await (const chunk of createReadStream(input, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([held, chunk])
    const lines: string[] = []
    let start = 0
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      lines.push(JSON.stringify(JSON.parse(bytes.toString('utf8', start, end))))
      start = end + 1
    }
    held = bytes.subarray(start)
    if (lines.length > 0) writeSync(file, `${lines.join('\n')}\n`)
  }
  closeSync(file)
}

export const about = 'Preprocess, to a loop that parses and prints.'
export const parts: Readonly<Record<string, Part>> = { preprocess }
