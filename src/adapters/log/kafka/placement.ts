import { SteerflowError } from '../../../domain/errors.js'
import { type RecordHeaders, type Output, sizeOf } from '../../../runtime/log.js'
import { bare, type Wire } from '../../../runtime/wire.js'
import { partitionOf } from '../partitioner.js'

/** An output that knows where it goes. */
export interface PlacedRecord {
  /** The broker's name of the topic. */
  readonly topic: string
  readonly partition: number
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: RecordHeaders
  readonly bytes: number
}

/** Bytes of a record's frame in a batch, generously. */
const recordOverhead = 64
/** Most bytes of headers: those of a dead letter and some more. */
const headerBytes = 16 << 10
/** What a batch of one record holds beside its key and value, at most. */
export const besideValue = headerBytes + 1024

/** Chooses the partitions of outputs as Kafka's default partitioner does. */
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
        `${size} bytes and ${beside} of headers for ${topic}; the log takes ${this.topics.maxValueBytes} and ${headerBytes}`,
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

/** Records that go out in one request, by topic. */
export type PlacementRound = ReadonlyMap<string, readonly PlacedRecord[]>

/** A broker judges a request's records of one partition as one batch; a batch of ours is no larger, unless one record is. */
const batchBytes = 900 << 10

/** Splits records into requests; within a partition the order stays. */
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
