import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Place, Running } from './place.js'

const JVM = ['-Xms256m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const START_LIMIT_MS = 90_000
const STOP_LIMIT_MS = 30_000

/** One broker of a cluster, through all its starts. */
export interface BrokerProcess {
  /** Formats its storage. */
  format(clusterId: string, options: readonly string[]): Promise<void>
  /** Starts it and waits until it serves. Throws an Error with the end of its log when it does not. */
  start(): Promise<void>
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  /** Sends a signal that ends it, and waits for the end. */
  end(name: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** What it printed since its last start. */
  log(): Promise<string>
}

export function brokerProcess(place: Place, id: number): BrokerProcess {
  const properties = join(place.folder, `server-${id}.properties`)
  let starts = 0
  let running: Running | undefined
  const logFile = () => join(place.folder, `broker-${id}-${starts}.log`)
  const log = () => place.read(logFile()).catch(() => '')
  const signal: BrokerProcess['signal'] = async name => running?.signal(name)
  return {
    log,
    signal,
    format: async (clusterId, options) => {
      const quick = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', 'kafka.tools.StorageTool']
      await place.run([...quick, 'format', '--cluster-id', clusterId, '--config', properties, ...options])
    },
    start: async () => {
      starts += 1
      const logging = `-Dlog4j2.configurationFile=${join(place.folder, 'log4j2.yaml')}`
      running = await place.start([...JVM, logging, 'kafka.Kafka', properties], logFile())
      for (const until = Date.now() + START_LIMIT_MS; Date.now() < until; await sleep(50)) {
        if ((await log()).includes('Kafka Server started')) return
        if (!(await running.isRunning())) break
      }
      await signal('SIGKILL')
      throw new Error(`broker ${id} did not start:\n${(await log()).split('\n').slice(-30).join('\n')}`)
    },
    end: async name => {
      await signal(name)
      for (const until = Date.now() + STOP_LIMIT_MS; Date.now() < until; await sleep(20)) {
        if (!(await running?.isRunning())) return
      }
      await signal('SIGKILL')
    },
  }
}
