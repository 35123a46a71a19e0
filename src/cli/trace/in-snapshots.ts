import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { snapshotDatasets, snapshotDigests } from '../../adapters/snapshot/read-snapshot.js'
import { fileLines } from '../../adapters/storage/shard-lines.js'
import { type SnapshotLine } from '../../domain/lineage/trace.js'

/** What of a snapshot's manifest is looked at. */
const Manifest = z.looseObject({
  dataset: z.string(),
  digest: z.string(),
  path: z.string(),
  shards: z.array(z.looseObject({ path: z.string() })),
})
type Manifest = z.output<typeof Manifest>

/** The manifests of all snapshots below a data folder; what is no snapshot is passed over. */
async function* snapshots(root: string): AsyncGenerator<Manifest> {
  for (const dataset of await snapshotDatasets(root)) {
    for (const digest of await snapshotDigests(root, dataset)) {
      const text = await readFile(join(root, 'datasets', dataset, digest, 'manifest.json'), 'utf8').catch(() => null)
      if (text === null) continue
      const manifest = Manifest.safeParse(JSON.parse(text))
      if (manifest.success) yield manifest.data
    }
  }
}

/** The snapshots made of any of these shards, with the line of the record in each. */
export async function searchSnapshots(
  root: string,
  shards: ReadonlySet<string>,
  id: string,
): Promise<readonly SnapshotLine[]> {
  const found: SnapshotLine[] = []
  for await (const { dataset, digest, path, shards: made } of snapshots(root)) {
    if (!made.some(shard => shards.has(shard.path))) continue
    found.push({ dataset, digest, path, at: await lineOf(root, path, id) })
  }
  return found
}

const Head = z.looseObject({ steerflow: z.looseObject({ id: z.string() }) })

async function lineOf(root: string, path: string, id: string): Promise<SnapshotLine['at']> {
  const needle = JSON.stringify(id)
  for (const file of ['train.jsonl', 'validation.jsonl']) {
    let line = 0
    for await (const batch of fileLines(join(root, path, file))) {
      for (const text of batch) {
        line++
        if (text.includes(needle) && Head.parse(JSON.parse(text)).steerflow.id === id) return { file, line }
      }
    }
  }
  return null
}
