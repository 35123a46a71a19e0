import { SteerflowError } from '../../domain/errors.js'
import type { Wire } from '../../runtime/wire.js'
import { raw } from '../../topics.js'

/**
 * The frame of Confluent's serializers: a zero byte, then the id of the payload's schema as a big-endian int32. Any
 * consumer finds the JSON after the first five bytes.
 */

export const frameBytes = 5

const magic = 0

/** The frame of a schema id, built once and reused for every payload. */
export function frameOf(id: number): Buffer {
  const frame = Buffer.alloc(frameBytes)
  frame[0] = magic
  frame.writeInt32BE(id, 1)
  return frame
}

/** Joins a frame and a payload; the only copy of the payload. */
export function framed(frame: Buffer, payload: Buffer): Buffer {
  const value = Buffer.allocUnsafe(frameBytes + payload.length)
  value.set(frame)
  value.set(payload, frameBytes)
  return value
}

/** The schema id of a value, or null if it has no frame. */
export const schemaIdOf = (value: Buffer): number | null =>
  value.length >= frameBytes && value[0] === magic ? value.readInt32BE(1) : null

/** The payload after the frame, sharing the value's memory. */
export const payloadOf = (value: Buffer): Buffer => value.subarray(frameBytes)

/** The schemas of one topic, by the ids in frames. */
export interface SchemaIds {
  readonly write: number
  /** Ids that this program can read; grows as schemas are looked up. */
  readonly read: ReadonlySet<number>
}

/** Resolves if records with the id are readable, otherwise throws. */
export type ResolveSchema = (topic: string, id: number) => Promise<void>

const openingBrace = 0x7b

/**
 * Frames with the ids of each topic. A topic that is not listed has no schema, and its values stay as they are: dead
 * letters contain the bytes of any record.
 */
export function framedWire(topics: ReadonlyMap<string, SchemaIds>, resolve: ResolveSchema): Wire {
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

/** Only the topic of raw sources accepts plain JSON objects, from any Kafka producer. */
function withoutFrame(topic: string, value: Buffer): Buffer {
  if (topic === raw.name && value[0] === openingBrace) return value
  throw new SteerflowError('STEERFLOW_SCHEMA_UNKNOWN', `${topic}: the value does not begin with the id of a schema`)
}
