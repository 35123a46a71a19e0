import { expect, test } from 'vitest'
import { SteerflowError } from '../../src/domain/errors.js'
import { ingest, type Source, type SourceItem } from '../../src/runtime/ingest.js'
import { letters } from '../../src/runtime/letters.js'
import { testLog, valuesOf } from '../support/pipelines.js'

const topics = { topic: 'a', deadLetters: 'dead-letters', progress: 'ingest.progress' }

const item = (position: number): SourceItem => ({
  kind: 'record',
  position,
  key: `k${position % 3}`,
  value: Buffer.from(JSON.stringify({ id: position, key: `k${position % 3}` })),
})

/** A source of numbered records; `until` is where it breaks off. */
const source = (count: number, until = Infinity): Source => ({
  name: 'numbers',
  digest: 'd1',
  async *items() {
    for (let position = 0; position < count; position++) {
      if (position >= until) throw new SteerflowError('STEERFLOW_INPUT_TORN', 'ends early')
      yield position === 5
        ? { kind: 'reject', position, code: 'STEERFLOW_INPUT_JSON', reason: 'no JSON', bytes: Buffer.from('{') }
        : item(position)
    }
  },
})

test('a source is taken in once, however often it is given', async () => {
  const log = await testLog(['a'])
  expect(await ingest(log, source(1200), topics)).toEqual({ records: 1199, rejected: 1, skipped: 0, left: 0 })
  expect(await ingest(log, source(1200), topics)).toEqual({ records: 0, rejected: 0, skipped: 1200, left: 0 })
  expect(await valuesOf(log, 'a')).toHaveLength(1199)
  const found = []
  for await (const letter of letters(log, { deadLetters: 'dead-letters', replayed: 'dead-letters.replayed' })) {
    found.push([letter.node, letter.code, letter.origin.topic, letter.origin.offset])
  }
  expect(found).toEqual([['ingest', 'STEERFLOW_INPUT_JSON', 'source:d1', '5']])
})

test('what comes before a damage is kept, and the same source goes on behind it', async () => {
  const log = await testLog(['a'])
  await expect(ingest(log, source(900, 700), topics)).rejects.toMatchObject({ code: 'STEERFLOW_INPUT_TORN' })
  expect(await valuesOf(log, 'a')).toHaveLength(699)
  expect(await ingest(log, source(900), topics)).toEqual({ records: 200, rejected: 0, skipped: 700, left: 0 })
  const ids = (await valuesOf(log, 'a')).map(({ id }) => id)
  expect(new Set(ids).size).toBe(899)
})

test('what a source is called is on record once, with its first records', async () => {
  const log = await testLog(['a', 'b'])
  const named = (id: string, name: string) => ({
    topic: 'b',
    key: null,
    value: Buffer.from(`{"id":1,"key":"${id} ${name}"}`),
  })
  await expect(ingest(log, source(900, 0), { ...topics, named })).rejects.toMatchObject({
    code: 'STEERFLOW_INPUT_TORN',
  })
  expect(await valuesOf(log, 'b')).toEqual([])
  await ingest(log, source(1200), { ...topics, named })
  await ingest(log, { ...source(1300), name: 'longer' }, { ...topics, named })
  await ingest(log, { ...source(10), digest: 'd2-labelled', lineage: 'd2' }, { ...topics, named })
  expect((await valuesOf(log, 'b')).map(({ key }) => key).sort()).toEqual(['d1 numbers', 'd2 numbers'])
})
