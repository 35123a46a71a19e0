import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import { Config } from '../../../src/cli/config.js'
import { ingestFiles } from '../../../src/cli/run/ingest-files.js'
import { openWorkspace } from '../../../src/cli/workspace.js'
import { Raw } from '../../../src/domain/conversation.js'
import type { SourceSummary } from '../../../src/cli/summary/summary.js'
import { readAll } from '../../../src/runtime/read-all.js'
import { chat, chats } from '../../support/chats.js'
import { runMain } from '../../support/run-main.js'
import { temporary } from '../../support/pipelines.js'

/** A file and a log: writes it, takes it in, and tells what was taken in so far. */
function growing(name = 'own.jsonl') {
  const dir = temporary()
  const at = (file: string) => join(dir, file)
  const ingest = async (file = name) => {
    const { code, out, err } = await runMain(['ingest', at(file), '--json', '--data-dir', at('data')])
    const [taken] = out === '' ? [] : (JSON.parse(out) as SourceSummary[])
    return { code, err, ...taken }
  }
  const records = async () => {
    const log = await openLog(at('data'))
    const found: Raw[] = []
    for await (const { value } of readAll(log, 'conversations.raw')) found.push(Raw.parse(JSON.parse(String(value))))
    await log.close()
    return found.sort((a, b) => a.line! - b.line!)
  }
  return {
    at,
    ingest,
    records,
    write: (content: string | Buffer, file = name) => writeFileSync(at(file), content),
    append: (content: string | Buffer) => appendFileSync(at(name), content),
    ids: async () => (await records()).map(({ record }) => record['id']),
    trace: (place: string) => runMain(['trace', at(place), '--data-dir', at('data')]),
  }
}

const ids = (count: number) => Array.from({ length: count }, (_, id) => `r${id}`)

test('a file that has grown goes on where it was, and its lines are traced as those of one source', async () => {
  const { write, append, ingest, records, trace } = growing()
  write(chats(0, 700))
  expect(await ingest()).toMatchObject({ records: 700, skipped: 0 })
  append(chats(700, 1300))
  const grown = await ingest()
  expect(grown).toMatchObject({ code: 0, records: 600, skipped: 700 })
  expect(grown.err).toContain('own.jsonl goes on at line 701: what comes before was taken in of own.jsonl')
  const again = await ingest()
  expect(again).toMatchObject({ code: 0, records: 0, skipped: 1300 })
  expect(again.err).not.toContain('goes on')
  const found = await records()
  expect(found.map(({ line, record }) => `${line} ${String(record['id'])}`)).toEqual(
    ids(1300).map((id, at) => `${at + 1} ${id}`),
  )
  expect(new Set(found.map(({ source }) => source)).size).toBe(1)
  for (const line of [3, 1299]) expect((await trace(`own.jsonl:${line}`)).out).toBe('ingested, not processed yet\n')
})

test.each([
  ['a copy of another name', { 'other.jsonl': chats(0, 9) }],
  ['compressed anew', { 'other.jsonl.gz': gzipSync(chats(0, 9)) }],
  ['compressed in members', { 'other.jsonl.gz': Buffer.concat([gzipSync(chats(0, 5)), gzipSync(chats(5, 9))]) }],
  ['with the line ends of Windows', { 'other.jsonl': chats(0, 9).replaceAll('\n', '\r\n') }],
])('goes on in %s', async (_, files) => {
  const { write, ingest, ids: taken } = growing()
  write(chats(0, 6))
  await ingest()
  const [[name, content]] = Object.entries(files) as [[string, string | Buffer]]
  write(content, name)
  expect(await ingest(name)).toMatchObject({ records: 3, skipped: 6 })
  expect(await taken()).toEqual(ids(9))
})

test('a last line that is cut anywhere is taken in once, when it is whole, and is no dead letter', async () => {
  const { write, append, ingest, ids: taken } = growing()
  const text = chats(0, 3)
  const starts = text.length - chat(2).length
  for (const cut of [starts + 1, starts + 9, text.length - 2, text.length - 1]) {
    write(text.slice(0, cut))
    const isWhole = cut === text.length - 1
    const { code, rejected, left, err } = await ingest()
    expect([code, rejected, left]).toEqual([0, 0, isWhole ? 0 : 1])
    expect(err.includes('line 3 of own.jsonl has no end and is not a whole record (not JSON)')).toBe(!isWhole)
  }
  append(`\n${chats(3, 5)}`)
  expect(await ingest()).toMatchObject({ records: 2, rejected: 0, skipped: 3, left: 0 })
  expect(await taken()).toEqual(ids(5))
})

test('a file with nothing but the beginning of a line is no success', async () => {
  const { write, ingest } = growing()
  write('{"id":')
  const { code, err } = await ingest()
  expect(code).toBe(3)
  expect(err).toContain(
    'none of its 1 records was ingested: the last line has no line end and is not a complete record yet',
  )
})

test('a file whose beginning was changed is another source, which is said', async () => {
  const { write, ingest, records } = growing()
  write(chats(0, 40))
  await ingest()
  write(chats(0, 38) + chats(90, 99))
  const changed = await ingest()
  expect(changed).toMatchObject({ records: 47, skipped: 0 })
  expect(changed.err).toContain('own.jsonl begins like own.jsonl and continues differently: it is new')
  expect(await records()).toHaveLength(87)
  expect(await ingest()).toMatchObject({ records: 0, skipped: 47 })
})

test('a compressed file that was torn goes on behind what was read of it', async () => {
  const { write, ingest, ids: taken } = growing('own.jsonl.gz')
  const whole = gzipSync(chats(0, 4000))
  write(whole.subarray(0, whole.length / 2))
  const torn = await ingest()
  expect([torn.code, torn.err]).toEqual([1, expect.stringContaining('STEERFLOW_INPUT_TORN')])
  // Which file, where, what was taken, and the way on; nothing twice.
  expect(torn.err).toMatch(
    /the compressed data ends early, at byte \d+; \d+ bytes of text came before; \d+ of its lines were ingested now/,
  )
  expect(torn.err).toMatch(/Fetch \S+ again \(gzip -t \S+ checks it\)/)
  const before = (await taken()).length
  expect(before).toBeGreaterThan(1000)
  write(whole)
  expect(await ingest()).toMatchObject({ records: 4000 - before, skipped: before })
  expect(await taken()).toEqual(ids(4000))
})

test('what was taken in for the value model alone is taken in beside for everything', async () => {
  const { write, append, at } = growing()
  const workspace = await openWorkspace(Config.parse({ dataDir: at('data') }), { begins: true })
  const take = async (only?: 'labelled') => (await ingestFiles(workspace, [at('own.jsonl')], { only }))[0]
  write(chats(0, 5))
  expect(await take('labelled')).toMatchObject({ records: 5 })
  append(chats(5, 9))
  expect(await take()).toMatchObject({ records: 9, skipped: 0 })
  expect(await take('labelled')).toMatchObject({ records: 4, skipped: 5 })
  await workspace.close()
})

test('a file with a message a line is taken as a whole, as trees are made of all its messages', async () => {
  const { write, append, ingest, records } = growing()
  const message = (tree: string, id: string, parent: string | null) =>
    `${JSON.stringify({ message_id: id, parent_id: parent, message_tree_id: tree, text: id, role: 'prompter' })}\n`
  write(message('t1', 'a', null) + message('t1', 'b', 'a'))
  expect(await ingest()).toMatchObject({ records: 1 })
  append(message('t2', 'c', null) + message('t1', 'd', 'a'))
  expect(await ingest()).toMatchObject({ records: 2, skipped: 0 })
  expect(await records()).toHaveLength(3)
})
