import { Kafka, logLevel } from 'kafkajs'
import { parseArgs } from 'node:util'
import { bestReply } from './scored.js'
import { untilEnd } from './until-end.js'

/** Prints the best reply of every scored conversation; a restart goes on where the last run was. */
const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '127.0.0.1:9092' },
    topic: { type: 'string', default: 'steerflow.conversations.scored' },
    group: { type: 'string', default: 'best-replies' },
    'until-end': { type: 'boolean', default: false },
  },
})

const kafka = new Kafka({ clientId: options.group, brokers: options.brokers.split(','), logLevel: logLevel.ERROR })
// kafkajs reads committed records only, unless it is told otherwise.
const consumer = kafka.consumer({ groupId: options.group, maxWaitTimeInMs: 500 })
await consumer.connect()
await consumer.subscribe({ topic: options.topic, fromBeginning: true })

const stopped = new Promise<void>(resolve => {
  process.once('SIGINT', resolve)
  process.once('SIGTERM', resolve)
})
const atEnd = options['until-end'] ? untilEnd(kafka, consumer, options.group, options.topic) : stopped

await consumer.run({
  // The offset of a record is committed after this has returned: a record may come twice, never not at all.
  eachMessage: async ({ partition, message: { offset, value } }) => {
    try {
      const reply = value && bestReply(value)
      if (reply) console.log(`${reply.quality}\t${reply.tree}\t${reply.text.split(/\s+/).join(' ').trim()}`)
    } catch (error) {
      // One record that is wrong must not stop the others.
      console.error(`${partition}:${offset} is not a scored conversation: ${String(error)}`)
    }
  },
})
await Promise.race([atEnd, stopped])
await consumer.disconnect()
