import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, it } from 'vitest'
import { pythonWithKafka } from '../../scripts/parts/python-kafka.js'
import type { Conversation } from '../../src/domain/conversation.js'
import { conversationLine } from '../../src/domain/conversation-line.js'
import { scored } from '../../src/topics.js'
import { deployment } from '../adapters/log/kafka/open.js'
import { describeWith } from '../support/parts/describe-with.js'

const consumers = {
  TypeScript: () => [process.execPath, '--import', 'tsx', 'examples/04-downstream/consume.ts'],
  Python: () => [pythonWithKafka() ?? '', '-B', 'examples/04-downstream/consume.py'],
}

const conversation = (tree: string, replies: readonly (readonly [number, string])[]): Conversation => ({
  conversations: [
    { value: 'What is a stream?', from: 'User', label: null },
    ...replies.map(([quality, value]) => ({
      value,
      from: 'Assistant',
      label: `quality:${quality},toxicity:0,lang:en`,
    })),
  ],
  tree_id: tree,
  system: 'A chat.\n\n',
  mask: 'User',
  type: 'VALUE_TO_TEXT',
  steerflow: {
    id: `id-${tree}`,
    split: 'train',
    split_rule: 'source',
    origin: 'sharegpt',
    lineage: { source: 'example', line: 1, configuration: 'example', models: [] },
    scores: null,
    value_model: null,
    attribute_set: 'oasst-12-lang@1',
  },
})

const valueOf = (record: Conversation): Buffer => Buffer.from(conversationLine(record))
const framed = (value: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), value])
const withNewField = (value: Buffer): Buffer =>
  Buffer.from(JSON.stringify({ ...(JSON.parse(value.toString('utf8')) as object), later: { than: ['now'] } }))
const output = (tree: string, value: Buffer) => ({ topic: scored.name, key: Buffer.from(tree), value })

/** Runs a consumer until it is at the end, and returns the lines that it printed, sorted. */
async function run(command: readonly string[], topic: string): Promise<{ lines: string[]; err: string }> {
  const brokers = inject('kafka').bootstrap.join(',')
  const [program, ...args] = [...command, '--brokers', brokers, '--topic', topic, '--group', `${topic}.readers`]
  const child = spawn(program, [...args, '--until-end'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${err}`)
  return { lines: out.split('\n').filter(Boolean).sort(), err }
}

const describeConsumers = await describeWith('python-kafka')

describeConsumers('consumers of conversations.scored', () => {
  it.each(Object.entries(consumers))('the one in %s prints what was committed, once', async (_, command) => {
    const { options, open } = deployment()
    const log = await open()
    await log.ensure([{ name: scored.name, partitions: 4, retention: { keep: 'forever' } }])
    const topic = `${options.namespace}.${scored.name}`

    await log.publish([
      output(
        'a',
        valueOf(
          conversation('a', [
            [1, 'A river.'],
            [3, 'Records, one\nafter another.'],
          ]),
        ),
      ),
      output('b', framed(valueOf(conversation('b', [[4, 'Framed.']])))),
      output('c', withNewField(valueOf(conversation('c', [[2, 'From a later version.']])))),
      output('d', valueOf(conversation('d', []))),
      output('e', Buffer.from('no conversation')),
    ])
    // The end of every partition is a transaction that was not committed.
    await abortedTransaction(options.brokers, topic)

    const first = await run(command(), topic)
    expect(first.lines).toEqual(['2\tc\tFrom a later version.', '3\ta\tRecords, one after another.', '4\tb\tFramed.'])
    expect(first.err).toMatch(/^\d:\d is not a scored conversation: /m)

    expect((await run(command(), topic)).lines).toEqual([])

    await log.publish([output('f', valueOf(conversation('f', [[0, 'Later.']])))])
    expect((await run(command(), topic)).lines).toEqual(['0\tf\tLater.'])
  })
})

async function abortedTransaction(brokers: string[], topic: string): Promise<void> {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({
    transactionalId: `${topic}.aborted`,
    maxInFlightRequests: 1,
    idempotent: true,
  })
  await producer.connect()
  const transaction = await producer.transaction()
  const value = valueOf(conversation('x', [[4, 'Never committed.']]))
  await transaction.send({ topic, messages: [0, 1, 2, 3].map(partition => ({ partition, key: 'x', value })) })
  await transaction.abort()
  await producer.disconnect()
}
