import type { Retention } from '../stages/topic.js'

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /** `days`: older records may be deleted once every group has passed them. `latest`: the last record of each key stays. */
  readonly retention: Retention
}
