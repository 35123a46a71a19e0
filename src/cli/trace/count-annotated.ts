import { type Log } from '../../runtime/log.js'
import { readAll } from '../../runtime/read-all.js'
import { annotated } from '../../topics.js'

/** How many records of the log each of these models has annotated, by its digest. Reads the whole topic. */
export async function countAnnotated(log: Log, digests: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map(digests.map(digest => [digest, 0]))
  if (digests.length === 0) return counts
  for await (const { value } of readAll(log, annotated.name)) {
    for (const digest of digests) {
      if (value.includes(`"value_model": "${digest}"`)) counts.set(digest, counts.get(digest)! + 1)
    }
  }
  return counts
}
