import kafkajs from 'kafkajs'
import { Meter, normalised, type Sample, Task } from './work.js'

/** A loop as kafkajs's documentation shows it: consume a batch, work, produce, commit. */
const task = Task.parse(JSON.parse(process.argv[2]!))
const kafka = new kafkajs.Kafka({ brokers: task.brokers, logLevel: kafkajs.logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: `${task.namespace}.${task.group}`, maxWaitTimeInMs: 200 })
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
await Promise.all([consumer.connect(), producer.connect()])
await consumer.subscribe({ topics: [`${task.namespace}.in`], fromBeginning: true })
const meter = new Meter(task)
await consumer.run({
  partitionsConsumedConcurrently: 4,
  eachBatch: async payload => {
    const { batch } = payload
    const messages = batch.messages.map(({ key, value }) => {
      const record = JSON.parse(value!.toString()) as Sample
      return { key, value: JSON.stringify({ ...record, text: normalised(record.text) }) }
    })
    for (let at = 0; at < messages.length; at += 500)
      await producer.send({ topic: `${task.namespace}.out`, messages: messages.slice(at, at + 500) })
    payload.resolveOffset(batch.lastOffset())
    await payload.commitOffsetsIfNecessary()
    if (meter.count(messages.length)) setTimeout(() => process.exit(0), 100)
  },
})
