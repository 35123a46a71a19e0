import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asSteerflowError, explain } from '../../src/domain/errors.js'
import { openKafkaLog } from '../../src/adapters/log/kafka/log.js'
import { storing } from '../../src/adapters/storage/durable.js'
import { localFolder } from '../../src/adapters/storage/local-folder.js'
import { ownStore } from '../../src/cli/run/own-store.js'
import { PipelineRun } from '../../src/runtime/pipeline-run.js'
import type { Capabilities } from '../../src/stages/needs.js'
import { fleetCall, httpCall } from './calls.js'
import { Hold } from './hold.js'
import type { FromWorker, ToWorker, WorkerTask } from './messages.js'
import { callNode, type Call, copyNode, names } from './pipeline.js'

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

/** Writes a file, as a node that seals does. */
const writable = (folder: string) => async (): Promise<void> => {
  const path = join(folder, task.name)
  await storing(`write ${path}`, () => writeFile(path, task.name))
}

const log = await openKafkaLog({ brokers: task.brokers, namespace: names.namespace })
const call = { http: httpCall, fleet: fleetCall }[task.via](task.urls, task.concurrency)
run = new PipelineRun({
  log,
  nodes: [callNode(task.name, counted(call)), ...(task.folder ? [copyNode(task.name, writable(task.folder))] : [])],
  deadLetters: names.deadLetters,
  capabilities: {} as Capabilities,
  options: () => ({}),
  concurrency: () => task.concurrency,
  window: () => task.window,
  sourcesEnded: () => false,
  untilIdle: false,
  report: event => {
    if (event.event === 'paused') {
      const { node, partition, code, cause } = event
      tell({ kind: 'paused', node, partition, code, cause })
    }
    if (event.event === 'resumed') tell({ kind: 'resumed', node: event.node, partition: event.partition })
    // The worker's partitions are those of the node that calls.
    if ((event.event === 'assigned' || event.event === 'lost') && event.node === names.group)
      tell({ kind: event.event, partition: event.partition, offset: event.offset })
    if (event.event === 'failed') tell({ kind: 'failed', code: event.code, cause: event.cause })
    if (event.event === 'dead-letter') {
      const { code, partition, offset } = event
      tell({ kind: 'dead-letter', code, partition, offset })
    }
  },
})
const status = (): void => {
  const partitions = run.status().flatMap(({ node, partitions }) => (node === names.group ? partitions : []))
  const inFlight = Object.fromEntries(partitions.map(one => [one.partition, one.inFlight]))
  tell({ kind: 'status', inFlight, calls })
}
/** Looks at the start whether the store is the deployment's, as `steerflow run` does; ends where it is another. */
async function haveStore({ folder, adopt }: NonNullable<WorkerTask['store']>): Promise<void> {
  try {
    await ownStore({ log, files: localFolder(folder), root: folder }, [{ stage: { needs: ['shards'] } }], adopt)
  } catch (thrown) {
    const error = asSteerflowError(thrown)
    tell({ kind: 'failed', code: error.code, cause: explain(error) })
    await log.close()
    process.exit(2)
  }
}
if (task.store) await haveStore(task.store)

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
