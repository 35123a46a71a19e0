import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { freePorts } from '../process/ports.js'
import { type Listener, LISTENERS, usesTls } from './listeners.js'
import { brokerProcess } from './node-process.js'
import type { Place } from './place.js'
import { LOG_CONFIGURATION, type Node, serverProperties } from './properties.js'
import { openPlace } from './provider.js'
import { waitForBrokers } from './ready.js'
import { makeSecurity, type Security } from './security.js'

export interface KafkaOptions {
  readonly brokers?: 1 | 3
  /** Added to, and stronger than, the properties of every broker. */
  readonly properties?: Readonly<Record<string, string>>
  /** The listeners beside `plain`. */
  readonly listeners?: readonly Listener[]
  /** The port of the plain listener of a single broker; a free one by default. */
  readonly port?: number
}

/** A running cluster of the test's own. Nodes are numbered from 1. */
export interface Kafka {
  readonly provider: Place['provider']
  /** The plain addresses, `host:port`, one a broker. */
  readonly bootstrap: string[]
  /** The addresses of every listener that was asked for. */
  readonly endpoints: Readonly<Record<Listener, string[]>>
  readonly security: Pick<Security, 'username' | 'password' | 'ca'>
  /** Ends a broker with SIGKILL and waits for its end. */
  kill(node: number): Promise<void>
  /** Stops a broker's clock: SIGSTOP. */
  freeze(node: number): Promise<void>
  /** Lets a frozen broker go on: SIGCONT. */
  continue(node: number): Promise<void>
  /** Ends a broker in order if it runs, then starts it again on its data and waits until it serves. */
  restart(node: number): Promise<void>
  /** What a broker printed since its last start. */
  log(node: number): Promise<string>
  /** Ends every broker and removes its data. */
  stop(): Promise<void>
}

/** Starts brokers and waits until they serve. Throws an Error that says why they cannot be had, or their logs' end. */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const listeners = LISTENERS.filter(name => name === 'plain' || options.listeners?.includes(name))
  const security = await makeSecurity(listeners.some(usesTls))
  const cluster = await Promise.all(
    Array.from({ length: options.brokers ?? 1 }, (_, index) => newNode(index + 1, listeners, options.port)),
  )
  const place = await openPlace(cluster.flatMap(({ ports }) => [...ports.values()]))
  const processes = cluster.map(({ id }) => brokerProcess(place, id))
  const processOf = (node: number) => {
    const found = processes[node - 1]
    if (!found) throw new Error(`there is no broker ${node}`)
    return found
  }
  const endpoints = Object.fromEntries(
    LISTENERS.map(name => [
      name,
      cluster.flatMap(({ ports }) => ports.get(name) ?? []).map(port => `127.0.0.1:${port}`),
    ]),
  ) as Record<Listener, string[]>
  try {
    await place.write(join(place.folder, 'log4j2.yaml'), LOG_CONFIGURATION)
    for (const node of cluster) {
      const where = { bind: place.bind, data: join(place.folder, `data-${node.id}`) }
      const text = serverProperties(node, cluster, where, security, options.properties ?? {})
      await place.write(join(place.folder, `server-${node.id}.properties`), text)
    }
    // One that begins with a dash would be taken for an option.
    const clusterId = `A${randomBytes(16).toString('base64url').slice(1)}`
    await Promise.all(processes.map(one => one.format(clusterId, scramUsers(listeners, security))))
    await Promise.all(processes.map(one => one.start()))
    await waitForBrokers(endpoints.plain)
  } catch (error) {
    await place.remove()
    throw error
  }
  return {
    provider: place.provider,
    bootstrap: endpoints.plain,
    endpoints,
    security,
    kill: node => processOf(node).end('SIGKILL'),
    freeze: node => processOf(node).signal('SIGSTOP'),
    continue: node => processOf(node).signal('SIGCONT'),
    restart: async node => {
      await processOf(node).end('SIGTERM')
      await processOf(node).start()
    },
    log: node => processOf(node).log(),
    stop: () => place.remove(),
  }
}

async function newNode(id: number, listeners: readonly Listener[], port?: number): Promise<Node> {
  const [controller, ...ports] = await freePorts(listeners.length + 1)
  const given = listeners.map((name, index) => [name, name === 'plain' && port ? port : ports[index]!] as const)
  return { id, controller: controller!, ports: new Map(given) }
}

/** A broker with SCRAM listeners must know its users before it starts: they are written when storage is formatted. */
const scramUsers = (listeners: readonly Listener[], { username, password }: Security): string[] =>
  listeners.some(name => name.startsWith('scram'))
    ? ['256', '512'].flatMap(size => ['--add-scram', `SCRAM-SHA-${size}=[name=${username},password=${password}]`])
    : []
