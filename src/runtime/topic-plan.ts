import type { Expectation, StoredTopic } from './log-admin.js'
import type { Log } from './log.js'
import type { TopicSpec } from './topic-spec.js'

/** Something of a topic that is not as it was declared, and that nothing here changes. */
export interface Drift {
  readonly setting: string
  readonly is: string
  readonly wanted: string
  readonly why: string
}

/** What is to be done about one topic. */
export interface TopicPlan {
  readonly topic: string
  readonly action: 'create' | 'grow' | 'none'
  /** Partitions that it has; null when it is missing. */
  readonly now: number | null
  /** Partitions that it is declared with. */
  readonly wanted: number
  readonly drift: readonly Drift[]
}

/** Compares what is declared with what is stored. */
export const planTopics = (
  declared: readonly TopicSpec[],
  stored: readonly StoredTopic[],
  expected: (spec: TopicSpec) => readonly Expectation[],
): readonly TopicPlan[] =>
  declared.map(spec => {
    const found = stored.find(({ name }) => name === spec.name)
    const { name: topic, partitions: wanted } = spec
    if (!found) return { topic, action: 'create', now: null, wanted, drift: [] }
    const drift = [...fewer(found.partitions, wanted), ...expected(spec).flatMap(one => drifted(found, one))]
    return { topic, action: found.partitions < wanted ? 'grow' : 'none', now: found.partitions, wanted, drift }
  })

const fewer = (now: number, wanted: number): readonly Drift[] =>
  now <= wanted
    ? []
    : [{ setting: 'partitions', is: String(now), wanted: String(wanted), why: 'partitions are never taken away' }]

function drifted({ settings }: StoredTopic, { setting, value, rule, why }: Expectation): readonly Drift[] {
  const is = settings.get(setting)
  // What a broker does not tell is not known to have drifted.
  if (is === undefined || is === value) return []
  if (rule === 'at-least' && Number(is) >= Number(value)) return []
  return [{ setting, is, wanted: value, why }]
}

/** The plan for a log's topics as they are now. */
export async function topicPlan(log: Log, declared: readonly TopicSpec[]): Promise<readonly TopicPlan[]> {
  const { admin } = log
  if (admin) return planTopics([...declared, ...admin.ownTopics], await admin.stored(), spec => admin.expected(spec))
  const stored = (await log.topics()).map(({ name, partitions }) => ({ name, partitions, settings: new Map() }))
  return planTopics(declared, stored, () => [])
}

/**
 * Makes the topics that are missing. Where partitions are shared out between processes nothing grows unless `grow` is
 * set: with another number of partitions keys go to other partitions, so that a key's order holds only from then on.
 */
export async function makeTopics(log: Log, declared: readonly TopicSpec[], grow = false): Promise<void> {
  if (grow || !log.features.sharesPartitions) return log.ensure(declared)
  const stored = new Map((await log.topics()).map(({ name, partitions }) => [name, partitions]))
  await log.ensure(
    declared.map(spec => ({
      ...spec,
      partitions: Math.min(spec.partitions, stored.get(spec.name) ?? spec.partitions),
    })),
  )
}
