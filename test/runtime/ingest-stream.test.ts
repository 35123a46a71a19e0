import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KnownSource } from '../../src/runtime/beginnings.js'
import type { IngestTopics } from '../../src/runtime/ingest.js'
import { ingestStream, type Stream, type StreamLine } from '../../src/runtime/ingest-stream.js'
import type { Log } from '../../src/runtime/log.js'
import { readAll } from '../../src/runtime/read-all.js'
import { testLog } from '../support/pipelines.js'

const marksTopic = 'b'
const to: IngestTopics = {
  topic: 'a',
  deadLetters: 'dead-letters',
  progress: 'ingest.progress',
  named: (source, name, _now, taken = []) => ({
    topic: marksTopic,
    key: Buffer.from(source),
    value: Buffer.from(JSON.stringify({ source, name, taken })),
  }),
}

/** Lines of these texts; one without an end, at the end, is torn. */
function streamOf(
  texts: readonly string[],
  { tornEnd = false, breaksAt = Infinity, batch = 3, file = false } = {},
): Stream {
  const lines = texts.map((text, position): StreamLine => ({
    position,
    bytes: Buffer.from(`${text}\n`),
    torn: tornEnd && position === texts.length - 1 ? 'no JSON' : null,
    item: source =>
      text.startsWith('!')
        ? { kind: 'reject', position, code: 'STEERFLOW_INPUT_JSON', reason: 'no', bytes: Buffer.from(text) }
        : { kind: 'record', position, key: text, value: Buffer.from(`${source.slice(0, 4)} ${text}`) },
  }))
  const kept: StreamLine[] = []
  return {
    name: 'pipe',
    ...(file && { lineage: async () => createHash('sha256').update(texts.join()).digest('hex') }),
    async *batches() {
      for (let at = 0; at < lines.length; at += batch) {
        if (at >= breaksAt) throw new Error('killed')
        yield lines.slice(at, at + batch)
      }
    },
    keep: async more => void kept.push(...more),
    async *kept() {
      yield kept
    },
  }
}

async function known(log: Log): Promise<readonly KnownSource[]> {
  const found = new Map<string, KnownSource>()
  for await (const { value } of readAll(log, marksTopic)) {
    const one = JSON.parse(String(value)) as KnownSource
    found.set(one.source, one)
  }
  return [...found.values()]
}

async function feed(log: Log, texts: readonly string[], options: Parameters<typeof streamOf>[1] = {}) {
  const told: string[] = []
  const stream = streamOf(texts, options)
  const done = await ingestStream(log, stream, to, {
    known: await known(log),
    tell: message => void told.push(message),
  })
  return { ...done, told: told.join('; ') }
}

async function texts(log: Log, topic = 'a'): Promise<string[]> {
  const found: string[] = []
  for await (const { value } of readAll(log, topic)) found.push(String(value).split(' ').at(-1)!)
  return found.sort()
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `n${1000 + from + index}`)

test('a stream that is fed again is taken in once, and one that has grown goes on where it was', async () => {
  const log = await testLog(['a', marksTopic])
  expect(await feed(log, numbers(0, 40))).toMatchObject({ records: 40, skipped: 0, told: '' })
  expect(await feed(log, numbers(0, 40))).toMatchObject({ records: 0, skipped: 40 })
  const grown = await feed(log, numbers(0, 70))
  expect(grown).toMatchObject({ records: 30, skipped: 40 })
  expect(grown.told).toMatch(/pipe goes on at line 41: what comes before was taken in of pipe/)
  expect(await texts(log)).toEqual(numbers(0, 70))
  expect((await known(log)).map(({ taken }) => taken.at(-1)!.bytes)).toEqual([70 * 6])
})

test('one that begins alike and goes on otherwise is new, and nothing of it is lost', async () => {
  const log = await testLog(['a', marksTopic])
  await feed(log, numbers(0, 40))
  const other = [...numbers(0, 39), ...numbers(500, 520)]
  const taken = await feed(log, other)
  expect(taken).toMatchObject({ records: 59, skipped: 0 })
  expect(taken.told).toMatch(/begins like pipe and continues differently: it is new/)
  expect(await texts(log)).toEqual([...numbers(0, 40), ...other].sort())
  expect(await feed(log, other)).toMatchObject({ records: 0, skipped: 59 })
})

test('what ends within what was taken in is refused: nobody knows whether it is the same', async () => {
  const log = await testLog(['a', marksTopic])
  await feed(log, numbers(0, 40))
  await expect(feed(log, numbers(0, 30))).rejects.toMatchObject({ code: 'STEERFLOW_INPUT_TORN' })
  expect(await texts(log)).toEqual(numbers(0, 40))
})

test('another first line is told apart at once: no more than that line is kept back', async () => {
  const log = await testLog(['a', marksTopic])
  await feed(log, numbers(0, 4000), { batch: 500 })
  let kept = 0
  const stream = {
    ...streamOf(numbers(5000, 5020)),
    keep: async (lines: readonly StreamLine[]) => void (kept += lines.length),
  }
  const done = await ingestStream(log, stream, to, { known: await known(log) })
  expect(kept).toBe(1)
  expect(done.skipped).toBe(0)
})

test('a torn last line is left out, which is said, and is taken in when the rest of it has come', async () => {
  const log = await testLog(['a', marksTopic])
  for (const records of [2, 0]) {
    const torn = await feed(log, ['a1', 'a2', '!to'], { tornEnd: true })
    expect(torn).toMatchObject({ records, rejected: 0, left: 1 })
    expect(torn.told).toMatch(/line 3 of pipe has no end and is not a whole record \(no JSON\): it is left out/)
  }
  expect(await feed(log, ['a1', 'a2', 'torn', 'a4'])).toMatchObject({ records: 2, skipped: 2, left: 0 })
  expect(await texts(log)).toEqual(['a1', 'a2', 'a4', 'torn'])
  expect(await texts(log, 'dead-letters')).toEqual([])
})

test('what grows in many steps is known again in each of its states', async () => {
  const log = await testLog(['a', marksTopic])
  const states = [10, 13, 17, 40]
  for (const lines of states) await feed(log, numbers(0, lines), { file: true })
  for (const lines of states) {
    expect(await feed(log, numbers(0, lines), { file: true })).toMatchObject({ records: 0, skipped: lines })
  }
  expect(await feed(log, numbers(0, 41), { file: true })).toMatchObject({ records: 1, skipped: 40 })
  expect(await texts(log)).toEqual(numbers(0, 41))
})

test('of the many states of what grows, the late ones and few others are kept', async () => {
  const log = await testLog(['a', marksTopic])
  for (let lines = 1; lines < 120; lines++) await feed(log, numbers(0, lines))
  const [{ taken }] = (await known(log)) as [KnownSource]
  expect(taken.map(({ bytes }) => bytes / 6)).toEqual([1, 16, ...Array.from({ length: 100 }, (_, at) => 20 + at)])
})

test('the records of a file that has grown name it as it was first', async () => {
  const log = await testLog(['a', marksTopic])
  const [first] = [await feed(log, numbers(0, 20), { file: true }), await feed(log, numbers(0, 30), { file: true })]
  for await (const { value } of readAll(log, 'a')) expect(String(value).slice(0, 4)).toBe(first.digest.slice(0, 4))
  expect(await feed(log, numbers(0, 25), { file: true })).toMatchObject({
    records: 25,
    told: 'pipe begins like pipe and ends within it: it is new',
  })
})

test('who read what is known before another took in more goes back to the start, and leaves nothing out', async () => {
  const log = await testLog(['a', marksTopic])
  await feed(log, numbers(0, 20))
  const before = await known(log)
  await feed(log, numbers(0, 30))
  const other = [...numbers(0, 20), ...numbers(500, 520)]
  const late = ingestStream(log, streamOf(other), to, { known: before })
  await expect(late).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
  await feed(log, other)
  expect(await texts(log)).toEqual([...numbers(0, 30), ...other].sort())
})

test('records are published while the next ones have not come', async () => {
  const log = await testLog(['a', marksTopic])
  let over: () => void = () => undefined
  const end = new Promise<void>(resolve => (over = resolve))
  const stream = streamOf(numbers(0, 2))
  const live: Stream = {
    ...stream,
    async *batches() {
      yield* stream.batches()
      await end
    },
  }
  const done = ingestStream(log, live, to, { known: [] })
  await expect.poll(() => texts(log), { timeout: 60_000 }).toEqual(numbers(0, 2))
  over()
  expect(await done).toMatchObject({ records: 2 })
})

test('a signal ends it in good order, with what has come published', async () => {
  const log = await testLog(['a', marksTopic])
  const stop = new AbortController()
  const stream = streamOf(numbers(0, 2))
  const live: Stream = {
    ...stream,
    async *batches() {
      yield* stream.batches()
      stop.abort()
      await new Promise(() => undefined)
    },
  }
  expect(await ingestStream(log, live, to, { known: [], signal: stop.signal })).toMatchObject({ records: 2 })
  expect(await texts(log)).toEqual(numbers(0, 2))
})

test('fed again and again, broken off anywhere, every line is taken in once', async () => {
  const all = numbers(0, 60)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 57 }), { maxLength: 4 }), async breaks => {
      const log = await testLog(['a', marksTopic])
      for (const breaksAt of breaks) {
        await expect(feed(log, all, { breaksAt })).rejects.toThrow('killed')
      }
      await feed(log, all)
      expect(await texts(log)).toEqual(all)
    }),
    { numRuns: 12 },
  )
})

test('the digest is that of the text, as a file of it has', async () => {
  const log = await testLog(['a', marksTopic])
  await feed(log, ['x', 'y'])
  expect((await known(log))[0]!.taken.at(-1)!.digest).toBe(createHash('sha256').update('x\ny\n').digest('hex'))
})
