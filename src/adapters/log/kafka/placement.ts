import { SteerflowError } from '../../../domain/errors.js'
import { type RecordHeaders, type Output, sizeOf } from '../../../runtime/log.js'
import { bare, type Wire } from '../../../runtime/wire.js'
import { partitionOf } from '../partitioner.js'

/** An output with its partition. */
export interface PlacedRecord {
  /** The broker's name of the topic. */
  readonly topic: string
  readonly partition: number
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: RecordHeaders
  readonly bytes: number
}

/** Upper bound of a record's frame in a batch, in bytes. */
const recordOverhead = 64
/** Maximum bytes of headers: those of a dead letter and some more. */
const headerBytes = 16 << 10
/** Maximum bytes of a single-record batch without its key and value. */
export const besideValue = headerBytes + 1024

/** Chooses the partitions of outputs like Kafka's default partitioner. */
export class Placement {
  #spread = 0

  constructor(
    private readonly topics: {
      /** @throws STEERFLOW_TOPIC_UNKNOWN */
      partitions(topic: string): number
      readonly maxValueBytes: number
    },
    private readonly nameOf: (topic: string) => string,
    private readonly wire: Wire = bare,
  ) {}

  /** @throws STEERFLOW_TOPIC_UNKNOWN, STEERFLOW_RECORD_TOO_LARGE */
  place({ topic, partition, key, value: payload, headers = {}, framed = false }: Output): PlacedRecord {
    const partitions = this.topics.partitions(topic)
    if (partition !== undefined && partition >= partitions)
      throw new SteerflowError('STEERFLOW_TOPIC_UNKNOWN', `topic ${topic} has no partition ${partition}`)
    const size = sizeOf({ key, value: payload })
    const beside = bytesOf(headers)
    if (size > this.topics.maxValueBytes || beside > headerBytes)
      throw new SteerflowError(
        'STEERFLOW_RECORD_TOO_LARGE',
        `${size} bytes and ${beside} of headers for ${topic}; the log accepts at most ${this.topics.maxValueBytes} and ${headerBytes}`,
      )
    return {
      topic: this.nameOf(topic),
      partition: partition ?? (key ? partitionOf(key, partitions) : this.#spread++ % partitions),
      key,
      value: framed ? payload : this.wire.frame(topic, payload),
      headers,
      bytes: size + beside + recordOverhead,
    }
  }
}

function bytesOf(headers: RecordHeaders): number {
  let bytes = 0
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name]!) + 4
  return bytes
}

/** The records of one request, by topic. */
export type PlacementRound = ReadonlyMap<string, readonly PlacedRecord[]>

/**
 * A broker applies its size limit to a request's records of one partition as one batch; ours stay below this size,
 * unless a single record exceeds it.
 */
const batchBytes = 900 << 10

/** Splits records into requests; the order within a partition stays. */
export function rounds(placed: readonly PlacedRecord[]): readonly PlacementRound[] {
  const made: Map<string, PlacedRecord[]>[] = []
  const at = new Map<string, { round: number; bytes: number }>()
  for (const record of placed) {
    const place = `${record.topic}/${record.partition}`
    let current = at.get(place)
    if (!current) at.set(place, (current = { round: 0, bytes: 0 }))
    if (current.bytes > 0 && current.bytes + record.bytes > batchBytes) {
      current.round++
      current.bytes = 0
    }
    current.bytes += record.bytes
    const round = (made[current.round] ??= new Map<string, PlacedRecord[]>())
    const records = round.get(record.topic)
    if (records) records.push(record)
    else round.set(record.topic, [record])
  }
  return made
}
