import type { Retention } from '../stages/topic.js'

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /** `days`: records older may be deleted once every group has passed them. `latest`: the last of each key is kept. */
  readonly retention: Retention
}
