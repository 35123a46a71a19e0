import { SteerflowError } from '../../domain/errors.js'
import { type Wire } from '../../runtime/wire.js'
import { raw } from '../../topics.js'
import { framed, frameOf, payloadOf, schemaIdOf } from './frame.js'

/** The schemas of one topic, by the ids that stand in frames. */
export interface TopicIds {
  readonly write: number
  /** Ids whose payloads this program reads; grows as schemas are looked up. */
  readonly read: ReadonlySet<number>
}

/** Learns whether an id may be read; what it cannot tell, it throws. */
export type Resolve = (topic: string, id: number) => Promise<void>

const openingBrace = 0x7b

/**
 * Frames by the ids of each topic. A topic that is not listed has no schema, and its values pass as they are: dead
 * letters hold whatever bytes a record had.
 */
export function framedWire(topics: ReadonlyMap<string, TopicIds>, resolve: Resolve): Wire {
  const frames = new Map([...topics].map(([topic, { write }]) => [topic, frameOf(write)]))
  return {
    frame: (topic, payload) => {
      const frame = frames.get(topic)
      return frame === undefined ? payload : framed(frame, payload)
    },
    unframe: (topic, value) => {
      const ids = topics.get(topic)
      if (ids === undefined) return value
      const id = schemaIdOf(value)
      if (id === null) return withoutFrame(topic, value)
      return ids.read.has(id) ? payloadOf(value) : resolve(topic, id).then(() => payloadOf(value))
    },
  }
}

/** Any Kafka producer may write plain JSON objects to the topic where sources come in; nowhere else. */
function withoutFrame(topic: string, value: Buffer): Buffer {
  if (topic === raw.name && value[0] === openingBrace) return value
  throw new SteerflowError('STEERFLOW_SCHEMA_UNKNOWN', `${topic}: the value does not begin with the id of a schema`)
}
