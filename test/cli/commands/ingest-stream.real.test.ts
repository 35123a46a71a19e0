import { execFileSync, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import { Raw } from '../../../src/domain/conversation.js'
import { readAll } from '../../../src/runtime/read-all.js'
import { topicSpecs } from '../../../src/topics.js'
import { chats } from '../../support/chats.js'
import { temporaryFolder } from '../../support/temporary.js'

const raw = 'conversations.raw'

/** A data folder, and what was taken in there. */
async function dataFolder() {
  const dir = await temporaryFolder()
  const log = await openLog(dir)
  onTestFinished(() => log.close())
  await log.ensure(topicSpecs)
  const count = async (): Promise<number> =>
    (await log.state(raw)).reduce((sum, { start, end }) => sum + Number(end - start), 0)
  const ids = async (): Promise<number[]> => {
    const found: number[] = []
    for await (const { value } of readAll(log, raw))
      found.push(Number(String(Raw.parse(JSON.parse(String(value))).record.id).slice(1)))
    return found.sort((a, b) => a - b)
  }
  return { dir, count, ids }
}

/** `steerflow ingest INPUT --json` with a standard input that stays open. */
function ingesting(dir: string, input = '-') {
  const child = spawn(process.execPath, ['dist/cli/main.js', 'ingest', input, '--json', '--data-dir', dir])
  child.stdin.on('error', () => undefined)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => (stdout += String(text)))
  child.stderr.on('data', (text: Buffer) => (stderr += String(text)))
  const ended = new Promise<{ code: number | null; taken: unknown; stderr: string }>(resolve =>
    child.on('close', code => resolve({ code, taken: stdout === '' ? null : JSON.parse(stdout), stderr })),
  )
  return { child, ended }
}

const numbers = (to: number): number[] => Array.from({ length: to }, (_, id) => id)
const soon = { timeout: 120_000 }

test('a live pipe gives records while it stays open; killed and fed again, it goes on behind them', async () => {
  const { dir, count, ids } = await dataFolder()
  const first = ingesting(dir)
  first.child.stdin.write(chats(0, 3))
  await expect.poll(count, soon).toBe(3)
  first.child.stdin.write(chats(3, 5))
  await expect.poll(count, soon).toBe(5)
  first.child.kill('SIGKILL')
  await first.ended

  const second = ingesting(dir)
  second.child.stdin.end(chats(0, 9))
  const { code, taken, stderr } = await second.ended
  expect(code, stderr).toBe(0)
  expect(taken).toMatchObject([{ name: 'standard input', records: 4, rejected: 0, skipped: 5 }])
  expect(stderr).toContain('standard input goes on at line 6: what comes before was taken in of standard input')
  expect(await ids()).toEqual(numbers(9))
})

test('killed again and again in the middle of a long stream, every record is taken in once', async () => {
  const total = 6000
  const { dir, count, ids } = await dataFolder()
  for (const more of [1, 400, 1000, 1500]) {
    const before = await count()
    const { child, ended } = ingesting(dir)
    child.stdin.write(chats(0, total - 1))
    await expect.poll(count, { ...soon, interval: 1 }).toBeGreaterThanOrEqual(Math.min(total - 1, before + more))
    child.kill('SIGKILL')
    await ended
  }
  const last = ingesting(dir)
  last.child.stdin.end(chats(0, total))
  const { code, stderr } = await last.ended
  expect(code, stderr).toBe(0)
  expect(await ids()).toEqual(numbers(total))
})

test('a signal ends it in good order: what came is taken in', async () => {
  const { dir, count, ids } = await dataFolder()
  const { child, ended } = ingesting(dir)
  child.stdin.write(chats(0, 2))
  await expect.poll(count, soon).toBe(2)
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 143, taken: [{ records: 2 }] })
  expect(await ids()).toEqual(numbers(2))
})

test('a signal ends it before the first line as well', async () => {
  const { dir } = await dataFolder()
  const { child, ended } = ingesting(dir)
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said += String(text)
    if (said.includes('waiting for its first line') && !child.killed) child.kill('SIGTERM')
  })
  expect(await ended).toMatchObject({ code: 143, taken: [] })
})

test('a named pipe is a stream too, and so is gzip in a pipe', async () => {
  const { dir, count, ids } = await dataFolder()
  const fifo = join(await temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [fifo])
  onTestFinished(() => rm(fifo, { force: true }))
  const named = ingesting(dir, fifo)
  const writer = createWriteStream(fifo)
  writer.write(chats(0, 2))
  await expect.poll(count, soon).toBe(2)
  writer.end(chats(2, 4))
  expect(await named.ended).toMatchObject({ code: 0, taken: [{ name: 'pipe', records: 4 }] })

  const packed = ingesting(dir)
  packed.child.stdin.end(gzipSync(chats(0, 6)))
  expect(await packed.ended).toMatchObject({ code: 0, taken: [{ records: 2, skipped: 4 }] })
  expect(await ids()).toEqual(numbers(6))
})

test('a file that was taken in is known again when it comes through a pipe, and goes on', async () => {
  const { dir, ids } = await dataFolder()
  const file = join(dir, 'own.jsonl')
  await writeFile(file, chats(0, 5))
  expect((await ingesting(dir, file).ended).code).toBe(0)
  const piped = ingesting(dir)
  piped.child.stdin.end(chats(0, 7))
  expect(await piped.ended).toMatchObject({ code: 0, taken: [{ records: 2, skipped: 5 }] })
  expect(await ids()).toEqual(numbers(7))
})
