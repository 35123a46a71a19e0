import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { RecordHeaders, Log, Output } from '../../src/runtime/log.js'
import { letters } from '../../src/runtime/letters.js'
import { readAll } from '../../src/runtime/read-all.js'
import { replay, type ReplayRequest } from '../../src/runtime/replay.js'
import { topicSpecs } from '../../src/topics.js'
import { openEmbeddedLog } from '../../src/adapters/log/embedded/log.js'
import { node } from '../../src/stages/node.js'
import { each } from '../../src/stages/stage.js'
import { z } from 'zod'
import { runCli, startCli } from '../support/cli.js'
import { Numbered, numbered, publishNumbers, runUntilIdle, temporary, testLog } from '../support/pipelines.js'

const topics = { deadLetters: 'dead-letters', replayed: 'dead-letters.replayed' }

/** A letter as somebody may write it by hand. */
const written = (headers: RecordHeaders, value = Buffer.from('bytes')): Output => ({
  topic: 'dead-letters',
  key: Buffer.from('k'),
  value,
  headers: {
    ...{ code: 'STEERFLOW_STAGE_FAILED', node: 'n', cause: 'c' },
    ...{ 'origin-topic': 'a', 'origin-partition': '1', 'origin-offset': '0' },
    ...headers,
  },
})

async function replayed(log: Log, request: Partial<ReplayRequest> = {}) {
  const reasons = new Map<string, string>()
  const result = await replay(log, topics, {
    wanted: ({ replayed: done }) => !done,
    readBy: node => (node === 'n' ? 'a' : null),
    refused: (id, reason) => reasons.set(id, reason),
    ...request,
  })
  return { ...result, reasons: [...reasons.values()] }
}

async function valuesOf(log: Log, topic: string): Promise<RecordHeaders[]> {
  const found: RecordHeaders[] = []
  for await (const { headers } of readAll(log, topic)) found.push(headers)
  return found
}

test.each<[string, RecordHeaders, RegExp]>([
  ['a topic of another namespace', { 'origin-topic': 'other.a' }, /no topic "other\.a"/],
  ['a topic with a terminal escape', { 'origin-topic': '\x1b[31mred' }, /no topic "\\u001b\[31mred"/],
  ['a topic that the node does not read', { 'origin-topic': 'dead-letters' }, /n reads a, not "dead-letters"/],
  ['a node that there is not', { node: 'ghost' }, /no node "ghost"/],
  ['a prototype as a node', { node: '__proto__' }, /no node "__proto__"/],
  ['no node', { node: '' }, /no node ""/],
  ['a partition too many', { 'origin-partition': '2' }, /partition "2"; a has 2/],
  ['a negative partition', { 'origin-partition': '-1' }, /partition "-1"/],
  ['no partition at all', { 'origin-partition': 'NaN' }, /partition "NaN"/],
  ['a huge partition', { 'origin-partition': '1e99' }, /partition "1e99"/],
  ['a negative offset', { 'origin-offset': '-1' }, /offset "-1", which is not an offset/],
  ['no offset', { 'origin-offset': 'NaN' }, /offset "NaN"/],
  ['a huge offset', { 'origin-offset': '9'.repeat(4000) }, /offset "9{80}…"/],
  ['a size that is none', { 'value-bytes': '-5' }, /value-bytes is not a size/],
  ['another size', { 'value-bytes': '6' }, /too large to be kept/],
  ['a line of a source', { 'origin-topic': 'source:abc' }, /never reached a topic/],
  ['a loop', { replays: '10' }, /come back 10 times/],
])('a letter that names %s is refused by name, its neighbours go', async (_, headers, reason) => {
  const log = await testLog(['a', 'b'])
  await log.publish([written({}), written(headers), written({})])
  const result = await replayed(log)
  expect(result).toMatchObject({ replayed: 2, refused: 1, reasons: [expect.stringMatching(reason)] })
  expect(await valuesOf(log, 'a')).toEqual(
    ['0:0', '0:2'].map(id => ({ 'replay-for': 'n', 'replay-of': id, replays: '1' })),
  )
  expect((await log.state('b')).map(({ end }) => end)).toEqual([0n, 0n])
})

test('a forged count of replays keeps nothing from being replayed', async () => {
  const log = await testLog(['a'])
  await log.publish(['-3', 'NaN', '', '9'.repeat(30)].map(replays => written({ replays })))
  expect(await replayed(log)).toMatchObject({ replayed: 4, refused: 0 })
})

test('what comes back after every replay is counted, and in the end only replayed by its id', async () => {
  const log = await testLog(['a', 'b'])
  const a = numbered('a')
  await publishNumbers(log, a, 0, 1)
  const never = each({
    ...{
      name: 'never',
      summary: '',
      input: Numbered,
      ports: { out: Numbered },
      options: z.strictObject({}),
      examples: [],
    },
    create: () => () => {
      throw new TypeError('never')
    },
  })
  const nodes = [node('n', never, { from: a, to: { out: numbered('b') } })]
  await runUntilIdle(log, nodes)
  for (let times = 1; times <= 10; times++) {
    expect(await replayed(log)).toMatchObject({ replayed: 1 })
    await runUntilIdle(log, nodes)
    const counts: number[] = []
    for await (const letter of letters(log, topics)) if (!letter.replayed) counts.push(letter.replays)
    expect(counts).toEqual([times])
  }
  expect(await replayed(log)).toMatchObject({ replayed: 0, reasons: [expect.stringContaining('come back 10 times')] })
  expect(await replayed(log, { insist: true })).toMatchObject({ replayed: 1 })
})

test('thousands share a transaction; one that the log refuses is named and the others go', async () => {
  const log = await testLog(['a'])
  await log.publish(Array.from({ length: 2500 }, (_, at) => written({ 'origin-offset': String(at) })))
  let commits = 0
  const picky: Log = Object.create(log, {
    claim: {
      value: async (...claimed: Parameters<Log['claim']>) => {
        const claim = await log.claim(...claimed)
        const commit = claim.commit.bind(claim)
        claim.commit = async (from, to, outputs) => {
          commits++
          if (outputs.some(({ headers }) => headers?.['replay-of'] === '0:1234'))
            await commit(from, to, [...outputs, { topic: 'nowhere', key: null, value: Buffer.alloc(0) }])
          else await commit(from, to, outputs)
        }
        return claim
      },
    },
  }) as Log
  expect(await replayed(picky)).toMatchObject({
    ...{ replayed: 2499, refused: 1 },
    reasons: [expect.stringContaining('STEERFLOW_TOPIC_UNKNOWN')],
  })
  expect(commits).toBeLessThan(40)
  const again = (await valuesOf(log, 'a')).map(headers => headers['replay-of'])
  expect(new Set(again).size).toBe(2499)
  expect(again).toHaveLength(2499)
})

test('a replay that is killed again and again replays every letter once', async () => {
  const [dir, total] = [temporary(), 20_000]
  const log = await openEmbeddedLog({ dir: `${dir}/log` })
  try {
    await log.ensure(topicSpecs)
    const origin = { node: 'preprocess', 'origin-topic': 'conversations.raw' }
    for (let at = 0; at < total; at += 1000)
      await log.publish(Array.from({ length: 1000 }, (_, i) => written({ ...origin, 'origin-offset': String(at + i) })))
    const marked = async (): Promise<number> => Number((await log.state(topics.replayed))[0]!.end)
    let kills = 0
    while (kills < 6) {
      const before = await marked()
      const { child, ended } = startCli(['dead-letters', 'replay', '--data-dir', dir])
      while (child.exitCode === null && (await marked()) === before) await sleep(1)
      child.kill('SIGKILL')
      if ((await ended).signal === 'SIGKILL') kills++
    }
    expect(await marked()).toBeLessThan(total)
    expect(await runCli(['dead-letters', 'replay', '--data-dir', dir])).toMatchObject({ code: 0 })
    const again = (await valuesOf(log, 'conversations.raw')).map(headers => headers['replay-of'])
    expect(new Set(again).size).toBe(total)
    expect(again).toHaveLength(total)
    const second = await runCli(['dead-letters', 'replay', '--data-dir', dir])
    expect(second).toMatchObject({ code: 0, stdout: 'replayed 0\n' })
  } finally {
    await log.close()
  }
})
