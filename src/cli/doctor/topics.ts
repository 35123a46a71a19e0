import { type StoredTopic } from '../../runtime/log-admin.js'
import { type TopicPlan } from '../../runtime/topic-plan.js'
import { type Finding, ok, together, warn } from './check.js'

/** Whether the topics are there, and as they were made. */
export function topicsAsDeclared(plans: readonly TopicPlan[]): Finding {
  const findings = plans.map(({ topic, action, now, wanted, drift }) => {
    const apply = 'Run steerflow topics apply; with --grow for more partitions.'
    if (action === 'create') return warn(`${topic} is missing`, apply)
    if (action === 'grow') return warn(`${topic} has ${now} of ${wanted} partitions`, apply)
    if (drift.length === 0) return ok(topic)
    const drifted = drift.map(({ setting, is, wanted }) => `${setting} is ${is}, not ${wanted}`)
    return warn(`${topic}: ${drifted.join(', ')}`, 'See steerflow topics plan; change the topics or the configuration.')
  })
  return together(findings, `${plans.length} topics are as declared`)
}

/** Whether what was acknowledged outlives a broker, and writes go on without one. */
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
    return warn(`${detail}: what one broker alone has acknowledged is lost with it`, 'Set min.insync.replicas to 2.')
  if (insync >= replicas)
    return warn(
      `${detail}: nothing can be written while a broker is away`,
      'Set min.insync.replicas below the replicas.',
    )
  return ok(detail)
}
