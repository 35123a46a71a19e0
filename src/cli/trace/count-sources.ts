import { join } from 'node:path'
import { fileLines } from '../../adapters/storage/shard-lines.js'

const mark = '"lineage": {"source": "'

/** How many records of a snapshot come from each source, by its digest. A snapshot that is gone has none. */
export async function countSources(folder: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const file of ['train.jsonl', 'validation.jsonl']) {
    try {
      for await (const batch of fileLines(join(folder, file))) {
        for (const text of batch) {
          // The last: a text of the conversation may hold the same words, the key after it is our own.
          const from = text.lastIndexOf(mark)
          if (from < 0) continue
          const source = text.slice(from + mark.length, text.indexOf('"', from + mark.length))
          counts.set(source, (counts.get(source) ?? 0) + 1)
        }
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return counts
}
