import { expect, test } from 'vitest'
import { PipelineRun } from '../../../../src/runtime/pipeline-run.js'
import { readAll } from '../../../../src/runtime/read-all.js'
import { letters } from '../../../../src/runtime/letters.js'
import { node } from '../../../../src/stages/node.js'
import type { Capabilities } from '../../../../src/stages/needs.js'
import { each } from '../../../../src/stages/stage.js'
import { Kafka, logLevel } from '../../../../src/adapters/log/kafka/kafkajs.js'
import type { Log } from '../../../../src/runtime/log.js'
import { Numbered, numbered, publishNumbers } from '../../../support/pipelines.js'
import { z } from 'zod'
import { deployment } from './open.js'

const forever = { keep: 'forever' } as const
const specs = [...['a', 'b'].map(name => ({ name, partitions: 2, retention: forever }))].concat(
  ['dead-letters', 'dead-letters.replayed'].map(name => ({ name, partitions: 1, retention: forever })),
)
const letterTopics = { deadLetters: 'dead-letters', replayed: 'dead-letters.replayed' }

/** Copies a to b; the key of record 7 becomes as long as it is told. */
const copying = (bytes: number) =>
  each({
    name: 'copy',
    summary: '',
    input: Numbered,
    ports: { out: Numbered },
    options: z.strictObject({}),
    examples: [],
    create:
      ({ to }) =>
      record =>
        to.out(record.id === 7 ? { ...record, key: 'k'.repeat(bytes) } : record),
  })

async function copy(log: Log, bytes: number): Promise<void> {
  const copy = node('copy', copying(bytes), { from: numbered('a'), to: { out: numbered('b') } })
  await new PipelineRun({
    log,
    nodes: [copy],
    deadLetters: 'dead-letters',
    capabilities: {} as Capabilities,
    options: () => ({}),
    concurrency: () => 8,
    sourcesEnded: () => true,
    untilIdle: true,
  }).run()
}

async function outcome(log: Log) {
  const ids: number[] = []
  for await (const { value } of readAll(log, 'b')) ids.push(Numbered.parse(JSON.parse(value.toString())).id)
  const codes: string[] = []
  for await (const letter of letters(log, letterTopics)) codes.push(`${letter.code} ${letter.origin.topic}`)
  return { ids: ids.sort((x, y) => x - y), codes }
}

const upTo = (count: number): number[] => [...Array(count).keys()]

test('a record over the limit of the broker is dead-lettered by name, its neighbours pass', async () => {
  const log = await deployment({ maxMessageBytes: 100_000 }).open()
  await log.ensure(specs)
  await publishNumbers(log, numbered('a'), 0, 30)
  await copy(log, 200_000)
  expect(await outcome(log)).toEqual({
    ids: upTo(30).filter(id => id !== 7),
    codes: ['STEERFLOW_RECORD_TOO_LARGE a'],
  })
})

test('a limit that was lowered while the pipeline ran is noticed', async () => {
  const { open, options } = deployment()
  const log = await open()
  await log.ensure(specs)
  await publishNumbers(log, numbered('a'), 0, 30)
  const admin = new Kafka({ brokers: options.brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const configEntries = [{ name: 'max.message.bytes', value: '100000' }]
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: `${options.namespace}.b`, configEntries }],
  })
  await admin.disconnect()
  await copy(log, 200_000)
  expect(await outcome(log)).toEqual({
    ids: upTo(30).filter(id => id !== 7),
    codes: ['STEERFLOW_RECORD_TOO_LARGE a'],
  })
})

test('at least once delivers everything, and commits what it has delivered', async () => {
  const log = await deployment({ delivery: 'at-least-once' }).open()
  await log.ensure(specs)
  await publishNumbers(log, numbered('a'), 0, 500)
  await copy(log, 1)
  expect(await outcome(log)).toEqual({ ids: upTo(500), codes: [] })
  const ends = (await log.state('a')).map(({ end }) => end)
  const committed = await log.committed('copy', 'a')
  expect([...committed].sort().map(([, at]) => at)).toEqual(ends)
  await copy(log, 1)
  expect((await outcome(log)).ids).toEqual(upTo(500))
})

test('deployments that share a cluster do not see each other', async () => {
  const [one, other] = [await deployment().open(), await deployment().open()]
  await one.ensure(specs)
  await other.ensure(specs)
  await publishNumbers(one, numbered('a'), 0, 20)
  await Promise.all([copy(one, 1), copy(other, 1)])
  expect((await outcome(one)).ids).toEqual(upTo(20))
  expect((await outcome(other)).ids).toEqual([])
})
