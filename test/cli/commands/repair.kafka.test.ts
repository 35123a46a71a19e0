import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Log } from '../../../src/runtime/log.js'
import { frameBytes } from '../../../src/adapters/registry/framed-wire.js'
import { readAll } from '../../../src/runtime/read-all.js'
import { Raw } from '../../../src/domain/conversation.js'
import { deployed } from '../../support/kafka/cli.js'
import { temporaryFolder } from '../../support/temporary.js'

const raw = 'conversations.raw'

async function count(log: Log, topic: string): Promise<number> {
  let records = 0
  for await (const _ of readAll(log, topic)) records++
  return records
}

test('dead letters are listed, shown and replayed, once', async () => {
  const { run, open } = await deployed()
  const log = await open()
  await log.publish([{ topic: raw, partition: 2, key: Buffer.from('k'), value: Buffer.from('no JSON') }])
  expect(await run('run', '--nodes', 'preprocess', '--until-idle')).toMatchObject({ code: 3 })

  expect((await run('dead-letters', 'list')).stdout).toMatch(
    /\n0:0 +preprocess +STEERFLOW_SCHEMA_UNKNOWN +conversations\.raw\/2@0 +waiting/,
  )
  expect((await run('dead-letters', 'show', '0:0', '--raw')).stdout).toBe('no JSON')
  expect((await run('dead-letters', 'replay', '--dry-run')).stdout).toBe('would replay 1\n')
  expect(await count(log, raw)).toBe(1)

  expect((await run('dead-letters', 'replay')).stdout).toBe('replayed 1\n')
  expect(await count(log, raw)).toBe(2)
  expect(await run('dead-letters', 'replay')).toMatchObject({ code: 0, stdout: 'replayed 0\n' })
  expect(await run('dead-letters', 'replay', '0:0')).toMatchObject({
    code: 3,
    stdout: 'replayed 0\nnot replayed 0:0: already replayed\n',
  })
  expect(await count(log, raw)).toBe(2)
  expect((await run('dead-letters', 'list')).stdout).toMatch(/ replayed +/)
})

test('two replays at the same time replay each letter once', async () => {
  const { run, open } = await deployed()
  const log = await open()
  const bad = Array.from({ length: 5 }, (_, at) => ({
    topic: raw,
    key: Buffer.from(`${at}`),
    value: Buffer.from('no'),
  }))
  await log.publish(bad)
  expect(await run('run', '--nodes', 'preprocess', '--until-idle')).toMatchObject({ code: 3 })
  await Promise.all([run('dead-letters', 'replay'), run('dead-letters', 'replay')])
  // One of the two may have been shut out; whoever is left to do is done now.
  expect(await run('dead-letters', 'replay')).toMatchObject({ code: 0 })
  expect(await count(log, raw)).toBe(2 * bad.length)
})

test('a replay that is killed again and again replays every letter once', async () => {
  const { start, run, open } = await deployed()
  const log = await open()
  const total = 10_000
  const origin = { 'origin-topic': raw, 'origin-partition': '1', 'origin-offset': '0' }
  const headers = { code: 'STEERFLOW_STAGE_FAILED', node: 'preprocess', cause: 'forged', ...origin }
  for (let at = 0; at < total; at += 500)
    await log.publish(
      Array.from({ length: 500 }, () => ({ topic: 'dead-letters', key: null, value: Buffer.from('x'), headers })),
    )
  const marked = async (): Promise<bigint> => (await log.state('dead-letters.replayed'))[0]!.end
  const fallen: bigint[] = []
  while (fallen.length < 3) {
    const before = await marked()
    const { child, ended } = start('dead-letters', 'replay')
    // The end counts what is not committed yet: some kills fall inside of a transaction.
    while (child.exitCode === null && (await marked()) === before) await sleep(2)
    child.kill('SIGKILL')
    if ((await ended).signal === 'SIGKILL') fallen.push(await marked())
  }
  expect(await run('dead-letters', 'replay')).toMatchObject({ code: 0 })
  const again: string[] = []
  for await (const record of readAll(log, raw)) again.push(record.headers['replay-of']!)
  expect(again).toHaveLength(total)
  expect(new Set(again).size).toBe(total)
  expect(await run('dead-letters', 'replay')).toMatchObject({ code: 0, stdout: 'replayed 0\n' })
})

test('an ingest that is killed again and again takes in every record once', async () => {
  const total = 20_000
  const file = join(await temporaryFolder(), 'chats.jsonl')
  const line = (id: number): string =>
    JSON.stringify({
      id: `r${id}`,
      messages: [
        { role: 'user', content: `question ${id}` },
        { role: 'assistant', content: 'answer '.repeat(20) },
      ],
    })
  await writeFile(file, Array.from({ length: total }, (_, id) => `${line(id)}\n`).join(''))

  const { start, run, open } = await deployed()
  const log = await open()
  const taken = async (): Promise<number> =>
    (await log.state(raw)).reduce((sum, { start, end }) => sum + Number(end - start), 0)
  const fallen: number[] = []
  for (const more of [1, 500, 1500, 3000, 5000]) {
    const before = await taken()
    const { child, ended } = start('ingest', file)
    while (child.exitCode === null && (await taken()) < before + more) await sleep(5)
    child.kill('SIGKILL')
    if ((await ended).signal === 'SIGKILL') fallen.push(await taken())
  }
  // Every kill fell into the middle of it.
  expect(fallen).toHaveLength(5)
  expect(fallen.at(-1)).toBeLessThan(total)

  expect(await run('ingest', file)).toMatchObject({ code: 0 })
  expect((await run('ingest', file)).stdout).toContain(
    `0 records, 0 rejected (dead letters), ${total} already ingested`,
  )
  const ids = new Map<string, number>()
  for await (const { value } of readAll(log, raw)) {
    const id = String(Raw.parse(JSON.parse(value.subarray(frameBytes).toString('utf8'))).record.id)
    ids.set(id, (ids.get(id) ?? 0) + 1)
  }
  expect(ids.size).toBe(total)
  expect([...ids.values()].filter(times => times !== 1)).toEqual([])
})
