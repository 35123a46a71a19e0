import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { SteerflowError } from '../../src/domain/errors.js'
import { readAll } from '../../src/runtime/read-all.js'
import { type Letter, letters } from '../../src/runtime/letters.js'
import { replay } from '../../src/runtime/replay.js'
import { node } from '../../src/stages/node.js'
import { closingFold, each, lastingFold } from '../../src/stages/stage.js'
import {
  Numbered,
  numbered,
  pipelineRun,
  publishNumbers,
  runUntilIdle,
  testLog,
  valuesOf,
} from '../support/pipelines.js'

const a = numbered('a')
const b = numbered('b')
const c = numbered('c')
const options = z.strictObject({})
const declared = { summary: '', input: Numbered, ports: { out: Numbered }, options, examples: [] }
const letterTopics = { deadLetters: 'dead-letters', replayed: 'dead-letters.replayed' }
const ids = (values: readonly Numbered[]): number[] => values.map(({ id }) => id).sort((x, y) => x - y)
const upTo = (count: number): number[] => [...Array(count).keys()]

test('records finish in any order and leave in the order of their key', async () => {
  const log = await testLog(['a', 'b'])
  await publishNumbers(log, a, 0, 200)
  const jitter = each({
    ...declared,
    name: 'jitter',
    create:
      ({ to }) =>
      async record => {
        await sleep((record.id * 7919) % 11)
        return to.out(record)
      },
  })
  await runUntilIdle(log, [node('jitter', jitter, { from: a, to: { out: b } })], 32)
  const values = await valuesOf(log, 'b')
  expect(ids(values)).toEqual(upTo(200))
  for (const key of new Set(values.map(value => value.key))) {
    const ofKey = values.filter(value => value.key === key).map(({ id }) => id)
    expect(ofKey).toEqual(ofKey.toSorted((x, y) => x - y))
  }
})

test('a bad record becomes a dead letter, its neighbours go on, and a replay passes once', async () => {
  const log = await testLog(['a', 'b'])
  await publishNumbers(log, a, 0, 20)
  await log.publish([{ topic: 'a', key: Buffer.from('k'), value: Buffer.from('{"id":"x"') }])
  let broken = true
  const picky = each({
    ...declared,
    name: 'picky',
    create:
      ({ to }) =>
      record => {
        if (broken && record.id === 7) throw new TypeError('seven')
        return to.out(record)
      },
  })
  const nodes = [node('picky', picky, { from: a, to: { out: b } }), node('other', picky, { from: a, to: { out: c } })]
  await log.ensure([{ name: 'c', partitions: 2, retention: { keep: 'forever' } }])
  await runUntilIdle(log, nodes)
  const found = []
  for await (const letter of letters(log, letterTopics)) found.push([letter.node, letter.code])
  expect(found.sort()).toEqual([
    ['other', 'STEERFLOW_RECORD_INVALID'],
    ['other', 'STEERFLOW_STAGE_FAILED'],
    ['picky', 'STEERFLOW_RECORD_INVALID'],
    ['picky', 'STEERFLOW_STAGE_FAILED'],
  ])
  broken = false
  const failed = (letter: { readonly node: string; readonly code: string }): boolean =>
    letter.node === 'picky' && letter.code === 'STEERFLOW_STAGE_FAILED'
  const once = (dryRun = false) => replay(log, letterTopics, { wanted: failed, readBy: () => 'a', dryRun })
  expect(await once(true)).toEqual({ replayed: 1, refused: 0 })
  expect(await once()).toEqual({ replayed: 1, refused: 0 })
  expect(await once()).toEqual({ replayed: 0, refused: 1 })
  await runUntilIdle(log, nodes)
  expect(ids(await valuesOf(log, 'b'))).toEqual(upTo(20))
  // The other node of the same topic must not see the replayed record.
  expect(ids(await valuesOf(log, 'c'))).toEqual(upTo(20).filter(id => id !== 7))
})

test('who counts is told of every dead letter that can be read, in its transaction, and of its replay', async () => {
  const log = await testLog(['a', 'b', 'c'])
  await publishNumbers(log, a, 0, 20)
  await log.publish([{ topic: 'a', key: Buffer.from('k'), value: Buffer.from('{"id":"x"') }])
  const picky = each({
    ...declared,
    name: 'picky',
    create:
      ({ to }) =>
      record => {
        if (record.id % 5 === 2) throw new TypeError('no')
        return to.out(record)
      },
  })
  const lost = { to: c, as: ({ id }: Numbered, code: string) => (id === 12 ? null : { id, key: code }) }
  const only = node('picky', picky, { from: a, to: { out: b }, onDeadLetter: lost })
  await runUntilIdle(log, [only])
  const told = (await valuesOf(log, 'c')).toSorted((x, y) => x.id - y.id)
  expect(told).toEqual([2, 7, 17].map(id => ({ id, key: 'STEERFLOW_STAGE_FAILED' })))
  expect((await log.state('dead-letters'))[0]?.end).toBe(5n)

  const consequence = ({ record }: Letter) => {
    const { id } = Numbered.parse(JSON.parse(record.value.toString()))
    return id === 2 ? 'it is complete' : [{ topic: 'c', key: null, value: Buffer.from(`{"id":${-id},"key":"again"}`) }]
  }
  const failed = ({ code }: Letter): boolean => code === 'STEERFLOW_STAGE_FAILED'
  const reasons: string[] = []
  const refused = (_: string, reason: string): void => void reasons.push(reason)
  const { replayed } = await replay(log, letterTopics, { wanted: failed, readBy: () => 'a', consequence, refused })
  expect([replayed, reasons]).toEqual([3, ['it is complete']])
  expect(ids((await valuesOf(log, 'c')).filter(({ key }) => key === 'again'))).toEqual([-17, -12, -7])
})

test('transient failures are waited out, nothing is dead-lettered', async () => {
  const log = await testLog(['a', 'b'])
  await publishNumbers(log, a, 0, 30)
  const until = Date.now() + 600
  const outage = each({
    ...declared,
    name: 'outage',
    create:
      ({ to }) =>
      record => {
        if (Date.now() < until) throw new SteerflowError('STEERFLOW_OUTAGE', 'nobody answers')
        return to.out(record)
      },
  })
  await runUntilIdle(log, [node('outage', outage, { from: a, to: { out: b } })])
  expect(ids(await valuesOf(log, 'b'))).toEqual(upTo(30))
  expect((await log.state('dead-letters'))[0]?.end).toBe(0n)
})

test('a fatal failure stops the run and acknowledges nothing of its record', async () => {
  const log = await testLog(['a', 'b'])
  await publishNumbers(log, a, 0, 1)
  const fatal = each({
    ...declared,
    name: 'fatal',
    create: () => () => {
      throw new SteerflowError('STEERFLOW_STORAGE', 'disk')
    },
  })
  await expect(runUntilIdle(log, [node('fatal', fatal, { from: a, to: { out: b } })])).rejects.toMatchObject({
    code: 'STEERFLOW_STORAGE',
  })
  const committed = await log.committed('fatal', 'a')
  expect([...committed.values()].every(offset => offset === 0n)).toBe(true)
})

test('a node that fails is paused; the others go on, and it goes on by itself, with every record once', async () => {
  const log = await testLog(['a', 'b', 'c'])
  await publishNumbers(log, a, 0, 60)
  let broken = true
  const copy = (name: string, fails: () => boolean) =>
    each({
      ...declared,
      name,
      create:
        ({ to }) =>
        record => {
          if (fails() && record.id > 20) throw new SteerflowError('STEERFLOW_STORAGE', 'no permission')
          return to.out(record)
        },
    })
  const nodes = [
    node(
      'ill',
      copy('ill', () => broken),
      { from: a, to: { out: b } },
    ),
    node(
      'well',
      copy('well', () => false),
      { from: a, to: { out: c } },
    ),
  ]
  const run = pipelineRun(log, nodes, true)
  const running = run.run()
  await expect.poll(async () => (await valuesOf(log, 'c')).length).toBe(60)
  const troubles = () => run.status()[0]!.partitions.map(({ trouble }) => trouble?.error.code)
  await expect.poll(troubles).toEqual(['STEERFLOW_STORAGE', 'STEERFLOW_STORAGE'])
  broken = false
  await running
  expect(ids(await valuesOf(log, 'b'))).toEqual(upTo(60))
  expect((await log.state('dead-letters'))[0]?.end).toBe(0n)
})

/** Emits one record a group: how many it held, under the id of its first. */
const ports = { out: Numbered }
interface Gathered {
  readonly held: Numbered[]
}
const groups = closingFold({
  name: 'groups',
  summary: '',
  input: Numbered,
  ports,
  options,
  create: ({ to }) => ({
    open: (): Gathered => ({ held: [] }),
    step: (group, record) => {
      if (record.id === 13) throw new SteerflowError('STEERFLOW_RECORD_INVALID', 'thirteen')
      group.held.push(record)
    },
    full: group => (group.held.length >= 10 ? 'records' : null),
    close: async group => group.held.map(record => to.out(record)),
    drop: async () => undefined,
  }),
})

test('a closing fold commits a group with its emissions, and cuts when everything upstream is idle', async () => {
  const log = await testLog(['a', 'b'])
  await publishNumbers(log, a, 0, 57)
  const only = node('groups', groups, { from: a, to: { out: b } })
  await runUntilIdle(log, [only])
  expect(ids(await valuesOf(log, 'b'))).toEqual(upTo(57).filter(id => id !== 13))
  const found = []
  for await (const letter of letters(log, letterTopics)) found.push(letter.cause)
  expect(found).toEqual(['thirteen'])
  await publishNumbers(log, a, 57, 60)
  await runUntilIdle(log, [only])
  expect(ids(await valuesOf(log, 'b'))).toEqual(upTo(60).filter(id => id !== 13))
})

test('a stop drains what is in flight and never cuts an open group', async () => {
  const log = await testLog(['a', 'b', 'c'])
  await publishNumbers(log, a, 0, 40)
  let begin = (): void => undefined
  const begun = new Promise<void>(resolve => (begin = resolve))
  const slow = each({
    ...declared,
    name: 'slow',
    create:
      ({ to }) =>
      async record => {
        begin()
        await sleep(20)
        return to.out(record)
      },
  })
  const nodes = [node('slow', slow, { from: a, to: { out: b } }), node('groups', groups, { from: a, to: { out: c } })]
  const run = pipelineRun(log, nodes, false, 40)
  const running = run.run()
  await begun
  run.stop()
  await running
  const passed = (await valuesOf(log, 'b')).length
  const committed = [...(await log.committed('slow', 'a')).values()].reduce((sum, at) => sum + Number(at), 0)
  expect(passed).toBe(committed)
  expect((await valuesOf(log, 'c')).length % 10).toBe(0)
  await runUntilIdle(log, nodes)
  expect(ids(await valuesOf(log, 'b'))).toEqual(upTo(40))
  expect(ids(await valuesOf(log, 'c'))).toEqual(upTo(40).filter(id => id !== 13))
})

const looped = { out: Numbered, again: Numbered }
interface Sum {
  readonly sum: number
  readonly asked: boolean
  readonly key: string
}

test('a lasting fold rebuilds its state, acts once a record, and pursues what its state asks for', async () => {
  const log = await testLog(['a', 'b'])
  const acted: number[] = []
  const pursued: number[] = []
  const sums = lastingFold({
    name: 'sums',
    summary: '',
    initial: (): Sum => ({ sum: 0, asked: false, key: '' }),
    key: record => record.key,
    input: Numbered,
    ports: looped,
    options,
    create: ({ to }) => ({
      step: (state, record) => ({
        sum: record.id < 0 ? state.sum : state.sum + record.id,
        asked: record.id >= 0,
        key: record.key,
      }),
      act: async (state, record) => {
        acted.push(record.id)
        return record.id < 0 ? [] : [to.out({ id: state.sum, key: state.key })]
      },
      pursue: state =>
        state.asked
          ? [
              {
                key: `${state.key}${state.sum}`,
                run: async () => {
                  pursued.push(state.sum)
                  await sleep(20)
                  return [to.again({ id: -1, key: state.key })]
                },
              },
            ]
          : [],
    }),
  })
  const only = node('sums', sums, { from: a, to: { out: b, again: a } })
  const publish = (id: number) =>
    log.publish([{ topic: 'a', key: Buffer.from('k'), value: Buffer.from(JSON.stringify({ id, key: 'k' })) }])
  await publish(1)
  await publish(2)
  await runUntilIdle(log, [only])
  await publish(3)
  await runUntilIdle(log, [only])
  expect((await valuesOf(log, 'b')).map(({ id }) => id)).toEqual([1, 3, 6])
  expect(acted).toEqual([1, 2, -1, 3, -1])
  expect(pursued).toEqual([3, 6])
  const nodes = new Set<string | undefined>()
  for await (const record of readAll(log, 'b')) nodes.add(record.headers.node)
  expect([...nodes]).toEqual(['sums'])
})

test('of two runs at the same time the later goes on, the earlier stops, and nothing is done twice', async () => {
  const log = await testLog(['a', 'b'])
  await publishNumbers(log, a, 0, 300)
  let begin = (): void => undefined
  const begun = new Promise<void>(resolve => (begin = resolve))
  const slow = each({
    ...declared,
    name: 'slow',
    create:
      ({ to }) =>
      async record => {
        begin()
        await sleep(5)
        return to.out(record)
      },
  })
  const nodes = [node('slow', slow, { from: a, to: { out: b } })]
  const earlier = runUntilIdle(log, nodes, 4)
  const fenced = expect(earlier).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
  await begun
  await runUntilIdle(log, nodes, 4)
  await fenced
  expect(ids(await valuesOf(log, 'b'))).toEqual(upTo(300))
})
