import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { Bucket } from './bucket.js'
import { byPlace, type PlacedLine } from './placed.js'

/** Resources for sorting. */
export interface SortRoom {
  /** Folder for data that exceeds the memory; the caller removes it. */
  readonly folder: string
  /** Limit on the bytes of records in memory. */
  readonly bytes: number
}

type Batches = AsyncIterable<readonly PlacedLine[]>

/** Number of different characters at one position of an id: 16 in hex digests. */
const digits = 16

/** Buckets per memory size: larger buckets would take more memory without any gain. */
const bucketsInRoom = 4

/**
 * Sorts records by `byPlace`, in batches; records with one id are in one batch. Records that exceed the memory are
 * distributed to files by the start of their ids, so each pass reads and writes everything once and sequentially: one pass
 * for up to 256 times the memory if ids are hex digests, and another pass for larger files.
 * @param bytes approximate total size
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
  // Records with one id cannot be split further, but they are few.
  if (bucket.bytes <= room.bytes || bucket.least === bucket.greatest) {
    yield (await bucket.take()).toSorted(byPlace)
    return
  }
  const smaller = await deal(bucket.drain(), depth, bucket.bytes, room)
  for (const one of smaller) yield* bucketInOrder(one, room)
}

/** Distributes records by the characters of their ids from `depth` on. Returns the buckets in the order of their ids. */
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

/** A number that grows with the id, in the order of UTF-16 code units. */
function keyOf(id: string, depth: number, width: number): number {
  let key = 0
  // A shorter id sorts before its continuations.
  for (let at = depth; at < depth + width; at++) key = key * 65_537 + (at < id.length ? id.charCodeAt(at) + 1 : 0)
  return key
}

function commonLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}
