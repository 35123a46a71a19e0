import { openKafkaLog } from '../../src/adapters/log/kafka/log.js'
import { PipelineRun } from '../../src/runtime/pipeline-run.js'
import { type Capabilities } from '../../src/stages/needs.js'
import { fleetCall, httpCall } from './calls.js'
import { Hold } from './hold.js'
import { type FromWorker, type ToWorker, type WorkerTask } from './messages.js'
import { callNode, type Call, names } from './pipeline.js'

/** A worker as `steerflow run` would be: one node on Kafka until SIGTERM. It tells the harness how it fares. */
const task = JSON.parse(process.argv[2]!) as WorkerTask
// Who is told has gone: so do we.
process.once('disconnect', () => process.exit(9))
const tell = (message: FromWorker): void => void (process.connected && process.send!(message))

let calls = 0
const counted =
  (call: Call): Call =>
  async (id, signal) => {
    calls++
    try {
      await call(id, signal)
    } finally {
      calls--
    }
  }

let stopping = false
let run: PipelineRun | null = null
process.on('SIGTERM', () => {
  stopping = true
  run?.stop()
})

const hold = new Hold()
hold.install()
process.on('message', (message: ToWorker) => {
  if (message === 'hold') hold.arm(held => tell({ kind: 'held', ...held }))
  else hold.release()
})

const log = await openKafkaLog({ brokers: task.brokers, namespace: names.namespace })
const call = { http: httpCall, fleet: fleetCall }[task.via](task.urls, task.concurrency)
run = new PipelineRun({
  log,
  nodes: [callNode(task.name, counted(call))],
  deadLetters: names.deadLetters,
  capabilities: {} as Capabilities,
  options: () => ({}),
  concurrency: () => task.concurrency,
  window: () => task.window,
  sourcesEnded: () => false,
  untilIdle: false,
  report: event => {
    if (event.event === 'assigned' || event.event === 'lost')
      tell({ kind: event.event, partition: event.partition, offset: event.offset })
    if (event.event === 'failed') tell({ kind: 'failed', code: event.code, cause: event.cause })
    if (event.event === 'dead-letter') {
      const { code, partition, offset } = event
      tell({ kind: 'dead-letter', code, partition, offset })
    }
  },
})
const status = (): void => {
  const partitions = run.status().flatMap(node => node.partitions)
  const inFlight = Object.fromEntries(partitions.map(one => [one.partition, one.inFlight]))
  tell({ kind: 'status', inFlight, calls })
}
if (stopping) run.stop()
tell({ kind: 'joined' })
const telling = setInterval(status, 50)
try {
  await run.run()
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
clearInterval(telling)
await log.close()
process.exit()
