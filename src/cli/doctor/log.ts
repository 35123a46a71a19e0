import { shares as ofBudget } from '../../adapters/log/embedded/writer.js'
import { type Consequences, leftOverText } from '../run/new-nodes.js'
import { type Finding, ok, together, warn, fail } from './check.js'
import { size, span } from './units.js'
import { type Log, type LogRecord, offset, type PartitionState } from '../../runtime/log.js'
import type { StoredTopic, ClusterFacts } from '../../runtime/log-admin.js'
import type { TopicPlan } from '../../runtime/topic-plan.js'

/** Warns if a changed pipeline makes a run repeat work, and lists leftovers of other pipelines. */
export function nothingAgain({ beginnings, leftOver, todo }: Consequences): Finding {
  const again = beginnings.map(({ text }) => warn(text, todo ?? ''))
  const left = leftOverText(leftOver)
  if (again.length > 0) return together([...again, ...left.map(text => warn(text, todo ?? ''))], '')
  return ok(left.length > 0 ? `${left.join('; ')}: unused` : 'no node is new, or all are')
}

/** Fractions of the budget; above the second, sources wait. */
const shares = { warn: 0.6, fail: ofBudget.source }

/** Checks the usage of the embedded log's budget. */
export function logBudget({ usedBytes, maxBytes }: { usedBytes: number; maxBytes: number | null }): Finding {
  if (maxBytes === null) return ok(`${size(usedBytes)} used; the disk is the limit`)
  const share = usedBytes / maxBytes
  const detail = `${size(usedBytes)} of ${size(maxBytes)} used (${(100 * share).toFixed(0)} %)`
  const todo = 'Raise log.maxBytes, or set retentionDays of topics to delete records that all nodes have read.'
  if (share >= shares.fail) return fail(`${detail}: ingest waits`, todo)
  return share >= shares.warn ? warn(detail, todo) : ok(detail)
}

const ahead = { warn: 5000, fail: 300_000 }
const limits = { records: 100, bytes: 1 << 20 }

/**
 * Checks that no record is newer than this machine's clock.
 * @param newest, now in milliseconds since 1970
 */
export function clockOf(newest: readonly number[], now: number): Finding {
  if (newest.length === 0) return ok('there are no records to compare with')
  const latest = Math.max(...newest)
  const by = latest - now
  if (by <= ahead.warn) return ok(`the newest record is ${by > 0 ? `${span(by)} ahead` : `${span(-by)} old`}`)
  const detail = `the newest record is ${span(by)} in the future`
  const todo = 'Synchronise the clocks of all machines with NTP: ages, retention and resets by time depend on them.'
  return by > ahead.fail ? fail(detail, todo) : warn(detail, todo)
}

/** Publication times of the newest record of each partition of these topics. */
export async function newestTimes(log: Log, topics: readonly string[]): Promise<readonly number[]> {
  const times = topics.map(async topic => {
    const states = await log.state(topic)
    const records = await Promise.all(states.map(state => newest(log, state)))
    return records.flatMap(record => (record ? [record.timestamp] : []))
  })
  return (await Promise.all(times)).flat()
}

/**
 * The last record of a partition. The offsets before the end may hold no records, so the search goes further and further
 * back.
 */
async function newest(log: Log, { topic, partition, start, end }: PartitionState): Promise<LogRecord | null> {
  for (let back = 10n; ; back *= 10n) {
    const from = end - back < start ? start : offset(end - back)
    let last: LogRecord | null = null
    for (let at = from; at < end;) {
      const { records, next } = await log.read(topic, partition, at, limits)
      last = records.at(-1) ?? last
      if (next <= at) break
      at = next
    }
    if (last || from === start) return last
  }
}

/**
 * Checks that the partitions of a topic allow the configured concurrency.
 * @param window limit on records in flight per partition
 */
export function partitionsFor(
  {
    topic,
    partitions,
    concurrency,
    window,
  }: { topic: string; partitions: number; concurrency: number | undefined; window: number },
  shared: boolean,
): Finding {
  const most = partitions * window
  const each =
    concurrency === undefined
      ? 'as many conversations as keep the servers busy'
      : `${concurrency} conversations in flight`
  const detail = shared
    ? `annotate reads ${partitions} partitions: at most ${partitions} processes, each with ${each}`
    : `annotate reads ${partitions} partitions, with ${each}`
  const todo = `Raise topics.${topic}.partitions, then run steerflow topics apply --grow.`
  if (concurrency !== undefined && concurrency > most)
    return warn(`${detail}; ${partitions} partitions allow only ${most}`, todo)
  if (shared && partitions === 1) return warn(`${detail}; a second process would be idle`, todo)
  return ok(detail)
}

/** Checks that the topics exist and match their declarations. */
export function topicsAsDeclared(plans: readonly TopicPlan[]): Finding {
  const findings = plans.map(({ topic, action, now, wanted, drift }) => {
    const apply = 'Run steerflow topics apply, with --grow to add partitions.'
    if (action === 'create') return warn(`${topic} is missing`, apply)
    if (action === 'grow') return warn(`${topic} has ${now} of ${wanted} partitions`, apply)
    if (drift.length === 0) return ok(topic)
    const drifted = drift.map(({ setting, is, wanted }) => `${setting} is ${is}, not ${wanted}`)
    return warn(`${topic}: ${drifted.join(', ')}`, 'See steerflow topics plan; change the topics or the configuration.')
  })
  return together(findings, `${plans.length} topics are as declared`)
}

/** Checks that acknowledged records survive the loss of a broker, and that writes continue without it. */
export function replicationOf(topics: readonly StoredTopic[]): Finding {
  const groups = new Map<string, { finding: Finding; count: number }>()
  for (const { settings } of topics) {
    const replicas = Number(settings.get('replication.factor') ?? 1)
    const insync = Number(settings.get('min.insync.replicas') ?? 1)
    const key = `${replicas}/${insync}`
    groups.set(key, { finding: safety(replicas, insync), count: (groups.get(key)?.count ?? 0) + 1 })
  }
  const findings = [...groups.values()].map(({ finding, count }) => ({
    ...finding,
    detail: `${count} topics: ${finding.detail}`,
  }))
  return together(findings, findings.map(({ detail }) => detail).join('; ') || 'there are no topics yet')
}

function safety(replicas: number, insync: number): Finding {
  const detail = `replication.factor ${replicas}, min.insync.replicas ${insync}`
  if (replicas < 2)
    return warn(
      `${detail}: a lost broker loses records`,
      'For production use 3 brokers, 3 replicas and min.insync.replicas 2.',
    )
  if (insync < 2)
    return warn(`${detail}: records acknowledged by a single broker are lost with it`, 'Set min.insync.replicas to 2.')
  if (insync >= replicas)
    return warn(`${detail}: writes fail while a broker is down`, 'Set min.insync.replicas below replication.factor.')
  return ok(detail)
}

/** Checks that every broker of the cluster can be reached. */
export function brokersReachable({ brokers }: ClusterFacts): Finding {
  const lost = brokers.flatMap(({ address, problem }) => (problem === null ? [] : [`${address}: ${problem}`]))
  const reached = brokers.length - lost.length
  if (lost.length === 0) return ok(`${reached} of ${brokers.length} reached`)
  const todo = 'Make these addresses, which the brokers advertise, reachable from this machine.'
  const detail = `${reached} of ${brokers.length} reached; ${lost.join('; ')}`
  return reached === 0 ? fail(detail, todo) : warn(detail, todo)
}

const wanted = 2

/** Checks that the brokers' transactions guarantee exactly once. */
export function transactionsOf({ transactionVersion }: ClusterFacts): Finding {
  const todo = `Run kafka-features.sh upgrade --feature transaction.version=${wanted}, on Kafka 4.0 or newer.`
  if (transactionVersion === null) return warn('the brokers do not report their transaction.version', todo)
  const detail = `transaction.version is ${transactionVersion}`
  if (transactionVersion >= wanted) return ok(detail)
  return fail(`${detail}: an aborted transaction may be torn, so exactly once does not hold`, todo)
}

const week = 7 * 24 * 60

/** Checks how long a node may be stopped before the brokers delete its offsets. */
export function offsetsKept({ offsetsRetentionMinutes: minutes }: ClusterFacts): Finding {
  const todo = 'Raise offsets.retention.minutes of the brokers above the longest stop; steerflow offsets reset repairs.'
  if (minutes === null) return warn('the brokers do not report how long they keep the offsets of a stopped node', todo)
  const days = `${+(minutes / 1440).toFixed(1)} days`
  const detail = `a node stopped for ${days} loses its offsets, and starts again only after steerflow offsets reset`
  return minutes < week ? warn(detail, todo) : ok(detail)
}
