import { randomBytes } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { Kafka, logLevel } from '../../src/adapters/log/kafka/kafkajs.js'
import { deployed } from '../support/kafka/cli.js'
import { hostilePaths } from '../support/hostile-names.js'
import { job } from '../support/training.js'

/** What anybody may write into a topic. Two are nearly as long as a broker takes: a dead letter is no longer. */
const hostile = [
  { key: null, value: null },
  { key: 'k', value: null },
  { key: null, value: '' },
  { key: randomBytes(100_000), value: randomBytes(800_000) },
  { key: 'k', value: 'x', headers: { big: 'h'.repeat(900_000) } },
  { key: 'k', value: 'x', headers: Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`h${at}`, 'v'])) },
  {
    key: 'k',
    value: 'x',
    headers: { __proto__x: 'y', 'replay-of': ['a', 'b'], replays: '9'.repeat(1000), node: '\u001b[2J' },
  },
  { key: 'k', value: '['.repeat(40_000) + ']'.repeat(40_000) },
  { key: 'k', value: '{"__proto__":{"job":"x"}}' },
]

test('what anybody writes into topics of control is a dead letter or passed over with a word; the rest goes on', async () => {
  const { namespace, run, open } = await deployed()
  const log = await open()
  const producer = new Kafka({ brokers: inject('kafka').bootstrap, logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  const read = ['conversations.raw', 'training.jobs', 'training.shards', 'models', 'bootstrap.rounds']
  for (const topic of [...read, 'ingest.sources'])
    for (const message of hostile)
      // A topic of which the last of each key is kept takes none without a key.
      if (topic !== 'ingest.sources' || message.key !== null)
        await producer.send({ topic: `${namespace}.${topic}`, messages: [{ ...message, partition: 0 }] })
  const named = hostilePaths
    .filter(path => path.isWellFormed())
    .map(path => ({ value: JSON.stringify(job({ job: path })) }))
  await producer.send({ topic: `${namespace}.training.jobs`, messages: named })

  const nodes = ['preprocess', 'trigger', 'launch', 'promote', 'open-round']
  const ran = await run('run', '--nodes', nodes.join(), '--until-idle')
  // Nodes of which all records are hostile have done nothing: that is said by the exit code as well.
  expect(ran).toMatchObject({ code: 3 })
  expect(ran.stderr).not.toContain('STEERFLOW_BUG')
  const states = await log.state('dead-letters')
  const letters = states.reduce((sum, { start, end }) => sum + Number(end - start), 0)
  expect(letters).toBeGreaterThanOrEqual(hostile.length * read.length + named.length)
  for (const command of ['status', 'jobs list'])
    expect([command, (await run(...command.split(' '))).code]).toEqual([command, 0])
  expect((await run('dead-letters', 'list', '--limit', '1000')).stdout).not.toContain('\u001b[2J')
})
