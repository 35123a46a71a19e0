import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { loadConfig } from '../../src/cli/load-config.js'
import { openWorkspace } from '../../src/cli/workspace.js'
import type { Log } from '../../src/runtime/log.js'
import { runCli } from '../support/cli.js'
import { forkContractServer } from '../support/contract-server/child.js'
import { startKafka } from '../support/kafka/kafka.js'
import { account, type Account } from './account.js'
import { Feed } from './feed.js'
import { folderBytes, sampleProcess, type WorkerSample } from './sample.js'
import { warmMinutes } from './verdict.js'
import { SoakWorker } from './worker.js'

export interface SoakOptions {
  readonly minutes: number
  readonly workers: number
  readonly servers: number
  /** Conversation trees a minute; each becomes about eleven records. */
  readonly treesAMinute: number
  /** Milliseconds that a server takes for an answer. */
  readonly latencyMs: number
  /** Shards are cut after so many seconds, and a job is asked for after so many new records. */
  readonly sealSeconds: number
  readonly newSinceLast: number
  /** Whether heap snapshots of every worker are written, before memory is judged and at the end. */
  readonly heap: boolean
  /** Where messages, samples and heap snapshots are kept; null: nowhere. */
  readonly keep: string | null
}

/** Everything that was seen at one moment. */
export interface Sample {
  readonly minute: number
  readonly workers: Readonly<Record<string, WorkerSample>>
  /** Bytes of the data folder by what is in it; only once a minute. */
  readonly disk: Readonly<Record<string, number>> | null
  /** Records that were fed and are not scored yet; only once a minute. */
  readonly behind: number | null
}

export interface Seen {
  readonly samples: readonly Sample[]
  readonly trees: number
  readonly inputBytes: number
  readonly account: Account
  /** What nobody asked for: a worker that ended, a command that failed. */
  readonly incidents: readonly string[]
}

const sampleMs = 5_000
const diskEvery = 12
const namespace = 'soak'

/** Runs the pipeline as it is operated, feeds it, and looks on: three workers, a real broker, servers that take time. */
export async function soak(options: SoakOptions, say: (line: string) => void): Promise<Seen> {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-soak-'))
  const kafka = await startKafka({})
  const servers = await Promise.all(
    Array.from({ length: options.servers }, () => forkContractServer({ latencyMs: options.latencyMs })),
  )
  const incidents: string[] = []
  const keep = options.keep ?? folder
  await mkdir(keep, { recursive: true })
  const config = join(folder, 'steerflow.yaml')
  const urls = servers.map(({ url }) => url)
  await writeFile(config, stringify(configuration(options, folder, kafka.bootstrap, urls)))
  const workspace = await openWorkspace(loadConfig({ file: config }), { begins: true })
  const { log } = workspace
  const workers: SoakWorker[] = []
  try {
    for (let i = 1; i <= options.workers; i++)
      workers.push(watched(new SoakWorker(`worker-${i}`, keep, config), incidents))
    const started = performance.now()
    const minute = (): number => (performance.now() - started) / 60_000
    const feed = await Feed.of('examples/data/oasst1_en_val.trees.jsonl')
    const ended = new AbortController()
    let inputBytes = 0
    const feeding = (async () => {
      for (let batch = 1; batch <= Math.ceil(options.minutes); batch++) {
        const file = join(folder, `batch-${batch}.jsonl`)
        const lines = feed.next(options.treesAMinute)
        inputBytes += Buffer.byteLength(lines)
        await writeFile(file, lines)
        await command(['ingest', file, '--config', config], incidents)
        await rm(file)
        const due = started + Math.min(batch, options.minutes) * 60_000
        await sleep(Math.max(0, due - performance.now()), undefined, { signal: ended.signal }).catch(() => undefined)
      }
    })()
    const samples: Sample[] = []
    // The memory that a heap snapshot itself takes stays with the process: the first comes before memory is judged.
    const snapshots = options.heap ? [warmMinutes(options) * 0.8, options.minutes - 0.5] : []
    for (let n = 0; minute() < options.minutes; n++) {
      const sample = await look(n, minute(), workers, join(folder, 'data'), log)
      samples.push(sample)
      if (sample.disk) say(lineOf(sample))
      if (snapshots[0] !== undefined && minute() > snapshots[0]) {
        snapshots.shift()
        for (const worker of workers) worker.signal('SIGUSR2')
      }
      await sleep(sampleMs)
    }
    ended.abort()
    await feeding
    say('the feed has ended')
    for (const worker of workers) worker.expected = true
    for (const worker of workers) worker.signal('SIGTERM')
    for (const worker of workers) {
      const how = await worker.exited
      if (how !== '0') incidents.push(`${worker.name} did not end in order: ${how}: ${worker.lastWords()}`)
    }
    await command(['run', '--until-idle', '--config', config], incidents)
    await command(['shards', 'verify', '--config', config], incidents)
    await writeFile(join(keep, 'samples.json'), JSON.stringify(samples))
    return { samples, trees: feed.given, inputBytes, account: await account(log), incidents }
  } finally {
    for (const worker of workers) worker.signal('SIGKILL')
    await Promise.all(workers.map(worker => worker.exited))
    await workspace.close()
    await Promise.all(servers.map(server => server.kill()))
    await kafka.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const configuration = (options: SoakOptions, folder: string, brokers: readonly string[], urls: readonly string[]) => {
  const dataset = { seal: { ageSeconds: options.sealSeconds }, when: { newSinceLast: options.newSinceLast } }
  return {
    dataDir: join(folder, 'data'),
    log: { kafka: { brokers, namespace } },
    // As few scored turns as are there before memory is judged: the default would fill for hours.
    annotate: { endpoints: urls, cachedTurns: 1_000 },
    datasets: { 'value-model': dataset, steerlm: dataset },
  }
}

/** Notes when a worker ends that nobody ended. */
function watched(worker: SoakWorker, incidents: string[]): SoakWorker {
  void worker.exited.then(how => {
    if (!worker.expected) incidents.push(`${worker.name} ended by itself: ${how}: ${worker.lastWords()}`)
  })
  return worker
}

async function command(args: readonly string[], incidents: string[]): Promise<void> {
  const { code, stderr } = await runCli(args)
  if (code !== 0) incidents.push(`steerflow ${args[0]} ended with ${code}: ${stderr.slice(-500)}`)
}

async function look(
  n: number,
  minute: number,
  workers: readonly SoakWorker[],
  data: string,
  log: Log,
): Promise<Sample> {
  const seen: Record<string, WorkerSample> = {}
  for (const worker of workers) {
    const sample = worker.running ? await sampleProcess(worker.pid).catch(() => null) : null
    if (sample) seen[worker.name] = { ...sample, held: worker.held }
  }
  const isDue = n % diskEvery === 0
  return {
    minute,
    workers: seen,
    disk: isDue ? await folderBytes(data).catch(() => ({})) : null,
    behind: isDue ? await behind(log).catch(() => null) : null,
  }
}

/** Records of `conversations.unscored-clean` that `annotate` has not committed. */
async function behind(log: Log): Promise<number> {
  const topic = 'conversations.unscored-clean'
  const committed = await log.committed('annotate', topic)
  const states = await log.state(topic)
  return states.reduce((sum, { partition, start, end }) => sum + Number(end - (committed.get(partition) ?? start)), 0)
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)

function lineOf({ minute, workers, disk, behind }: Sample): string {
  const memory = Object.values(workers).map(
    ({ anonymous, held }) => `${megabytes(anonymous)}${held === null ? '' : ` (JavaScript ${megabytes(held)})`}`,
  )
  const descriptors = Object.values(workers).map(one => one.descriptors)
  const folders = Object.entries(disk ?? {})
    .filter(([, bytes]) => bytes > 1e6)
    .map(([name, bytes]) => `${name} ${megabytes(bytes)}`)
  return `${minute.toFixed(0)} min: memory ${memory.join(', ')} MB, descriptors ${descriptors.join(' ')}, behind ${behind ?? '?'}, disk ${folders.join(', ')} MB`
}
