import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { Bucket } from './bucket.js'
import { byPlace, type PlacedLine } from './placed.js'

/** Where and how much. */
export interface SortRoom {
  /** Folder for what does not fit into memory; the caller removes it. */
  readonly folder: string
  /** Bytes of records that are held in memory at most. */
  readonly bytes: number
}

type Batches = AsyncIterable<readonly PlacedLine[]>

/** Characters by which ids are told apart in one pass: digests in hex have 16 different ones in a place. */
const digits = 16

/** Files are made so small that as many would fit into the room: larger ones would take more memory and gain nothing. */
const bucketsInRoom = 4

/**
 * Records in their places (`byPlace`), in batches; records of one id are in one batch. What does not fit into memory is
 * dealt out into files by the beginning of its id, so that each pass reads and writes everything once and in sequence:
 * one pass for 256 times the room where ids are digests in hex, and another for what is larger still.
 * @param bytes how much there is, roughly
 */
export async function* inOrder(records: Batches, bytes: number, room: SortRoom): Batches {
  if (bytes <= room.bytes) {
    const all: PlacedLine[] = []
    for await (const batch of records) for (const record of batch) all.push(record)
    yield all.sort(byPlace)
    return
  }
  const buckets = await deal(records, 0, bytes, room)
  for (const bucket of buckets) yield* bucketInOrder(bucket, room)
}

async function* bucketInOrder(bucket: Bucket, room: SortRoom): Batches {
  const depth = commonLength(bucket.least!, bucket.greatest!)
  // Records of one id cannot be told apart any further: they are few.
  if (bucket.bytes <= room.bytes || bucket.least === bucket.greatest) {
    yield (await bucket.take()).toSorted(byPlace)
    return
  }
  const smaller = await deal(bucket.drain(), depth, bucket.bytes, room)
  for (const one of smaller) yield* bucketInOrder(one, room)
}

/** Deals records out by the characters of their ids from `depth` on. Returns the buckets in the order of their ids. */
async function deal(records: Batches, depth: number, bytes: number, room: SortRoom): Promise<readonly Bucket[]> {
  await mkdir(room.folder, { recursive: true })
  const folder = await mkdtemp(join(room.folder, 'dealt-'))
  const width = (bucketsInRoom * bytes) / room.bytes > digits ? 2 : 1
  const buckets = new Map<number, Bucket>()
  try {
    for await (const batch of records) {
      for (const record of batch) {
        const key = keyOf(record.id, depth, width)
        let bucket = buckets.get(key)
        if (!bucket) {
          bucket = await Bucket.create(join(folder, String(key)))
          buckets.set(key, bucket)
        }
        if (bucket.add(record)) await bucket.write()
      }
    }
    const sorted = [...buckets].sort(([a], [b]) => a - b).map(([, bucket]) => bucket)
    for (const bucket of sorted) await bucket.finish()
    return sorted
  } catch (error) {
    for (const bucket of buckets.values()) await bucket.abandon()
    throw error
  }
}

/** Grows with the id, in the order of UTF-16 code units. */
function keyOf(id: string, depth: number, width: number): number {
  let key = 0
  // An id that has ended comes before all that go on.
  for (let at = depth; at < depth + width; at++) key = key * 65_537 + (at < id.length ? id.charCodeAt(at) + 1 : 0)
  return key
}

function commonLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}
