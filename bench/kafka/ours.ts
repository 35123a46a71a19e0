import { request } from 'undici'
import { z } from 'zod'
import { openKafkaLog } from '../../src/adapters/log/kafka/log.js'
import { PipelineRun } from '../../src/runtime/pipeline-run.js'
import { node } from '../../src/stages/node.js'
import type { Capabilities } from '../../src/stages/needs.js'
import { each } from '../../src/stages/stage.js'
import { topic } from '../../src/stages/topic.js'
import { Meter, normalised, Sample, Task } from './work.js'

/** The same work as a node of a pipeline. */
const task = Task.parse(JSON.parse(process.argv[2]!))
const sample = (name: string) =>
  topic({
    name,
    summary: '',
    record: Sample,
    key: { name: 'key', of: record => record.key },
    partitions: 4,
    retention: { keep: 'forever' },
  })
const stage = each({
  name: 'normalise',
  summary: '',
  input: Sample,
  ports: { out: Sample },
  options: z.strictObject({}),
  examples: [],
  create: ({ to }) =>
    task.url === undefined
      ? record => to.out({ ...record, text: normalised(record.text) })
      : async record => {
          const { body } = await request(task.url!, { method: 'POST', body: record.text })
          await body.dump()
          return to.out({ ...record, text: normalised(record.text) })
        },
})
const log = await openKafkaLog({ brokers: task.brokers, namespace: task.namespace, delivery: task.delivery })
const meter = new Meter(task)
let counted = 0
const run: PipelineRun = new PipelineRun({
  log,
  nodes: [node(task.group, stage, { from: sample('in'), to: { out: sample('out') } })],
  deadLetters: 'dead-letters',
  capabilities: {} as Capabilities,
  options: () => ({}),
  concurrency: () => task.inFlight,
  sourcesEnded: () => false,
  untilIdle: false,
})
const watch = setInterval(() => {
  const done = run.status()[0]!.counters.in
  if (meter.count(done - counted)) {
    clearInterval(watch)
    run.stop()
  }
  counted = done
}, 20)
await run.run()
await log.close()
