import type { Expectation, StoredTopic } from './log-admin.js'
import type { Log } from './log.js'
import type { TopicSpec } from './topic-spec.js'

/** A difference between a topic and its declaration that nothing here removes. */
export interface Drift {
  readonly setting: string
  readonly is: string
  readonly wanted: string
  readonly why: string
}

/** The plan for one topic. */
export interface TopicPlan {
  readonly topic: string
  readonly action: 'create' | 'grow' | 'none'
  /** Its present number of partitions; null if it is missing. */
  readonly now: number | null
  /** Its declared number of partitions. */
  readonly wanted: number
  readonly drift: readonly Drift[]
}

/** Compares declared with stored topics. */
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
    : [{ setting: 'partitions', is: String(now), wanted: String(wanted), why: 'partitions are never removed' }]

function drifted({ settings }: StoredTopic, { setting, value, rule, why }: Expectation): readonly Drift[] {
  const is = settings.get(setting)
  // A setting that the broker does not report is not known to have drifted.
  if (is === undefined || is === value) return []
  if (rule === 'at-least' && Number(is) >= Number(value)) return []
  return [{ setting, is, wanted: value, why }]
}

/** The plan for a log's topics in their present state. */
export async function topicPlan(log: Log, declared: readonly TopicSpec[]): Promise<readonly TopicPlan[]> {
  const { admin } = log
  if (admin) return planTopics([...declared, ...admin.ownTopics], await admin.stored(), spec => admin.expected(spec))
  const stored = (await log.topics()).map(({ name, partitions }) => ({ name, partitions, settings: new Map() }))
  return planTopics(declared, stored, () => [])
}

/**
 * Creates the missing topics. If partitions are shared between processes, existing topics grow only if `grow` is set: with
 * another number of partitions keys go to other partitions, so that a key's order holds only from then on.
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
