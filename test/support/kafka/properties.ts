import { type Listener, listenerName, listenerProperties, protocolOf } from './listeners.js'
import type { Security } from './security.js'

/** A broker, which is also a controller, and its ports. */
export interface Node {
  readonly id: number
  readonly controller: number
  readonly ports: ReadonlyMap<Listener, number>
}

/** A `server.properties` for one node of a cluster, small and quick, as tests want it. */
export function serverProperties(
  node: Node,
  cluster: readonly Node[],
  where: { readonly bind: string; readonly data: string },
  security: Security,
  others: Readonly<Record<string, string>>,
): string {
  const listeners = [...node.ports]
  const copies = String(cluster.length)
  const inSync = cluster.length > 1 ? '2' : '1'
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': cluster.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': listenerName('plain'),
    listeners: [
      `CONTROLLER://127.0.0.1:${node.controller}`,
      ...listeners.map(([listener, port]) => `${listenerName(listener)}://${where.bind}:${port}`),
    ].join(','),
    'advertised.listeners': listeners
      .map(([listener, port]) => `${listenerName(listener)}://127.0.0.1:${port}`)
      .join(','),
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT',
      ...listeners.map(([listener]) => `${listenerName(listener)}:${protocolOf(listener)}`),
    ].join(','),
    'log.dirs': where.data,
    'num.network.threads': '2',
    'num.io.threads': '4',
    'auto.create.topics.enable': 'false',
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    // A killed broker may only come back when its session has ended; the default is 9 s.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    // The cleaner's default of 128 MB does not fit in the small heap.
    'log.cleaner.dedupe.buffer.size': '16777216',
    'log.segment.bytes': '67108864',
    'log.retention.check.interval.ms': '1000',
    'log.initial.task.delay.ms': '500',
    'log.cleaner.backoff.ms': '500',
    ...Object.fromEntries(listeners.flatMap(([listener]) => Object.entries(listenerProperties(listener, security)))),
    ...others,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value.trim().replaceAll('\n', '\\n')}\n`)
    .join('')
}

/** What the broker prints, one line each, on its standard output. */
export const LOG_CONFIGURATION = `Configuration:
  Appenders:
    Console:
      name: STDOUT
      PatternLayout:
        pattern: "%d{HH:mm:ss.SSS} %p %c{1} %m%n"
  Loggers:
    Root:
      level: INFO
      AppenderRef:
        - ref: STDOUT
`
