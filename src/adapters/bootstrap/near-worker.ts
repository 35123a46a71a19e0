import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { asSteerflowError, explain, SteerflowError } from '../../domain/errors.js'
import { NearIndex } from '../../domain/near-duplicates/near-index.js'
import { signature } from '../../domain/near-duplicates/signature.js'
import { readManifest, snapshotLines } from '../snapshot/read-snapshot.js'
import { storing } from '../storage/durable.js'
import { NearFileWriter } from './near-file.js'
import type { NearThreadOptions, NearThreadReply } from './near-messages.js'

/** The part of a record that is read: its id, and the texts with their speakers. */
const Line = z.object({
  conversations: z.array(z.object({ value: z.string(), from: z.string() })),
  mask: z.string(),
  steerflow: z.object({ id: z.string() }),
})

const options = workerData as NearThreadOptions
const say = (reply: NearThreadReply) => parentPort?.postMessage(reply)

function lineOf(text: string): z.output<typeof Line> {
  try {
    return Line.parse(JSON.parse(text))
  } catch (cause) {
    const place = `the snapshot ${options.snapshot} of ${options.dataset}`
    throw new SteerflowError('STEERFLOW_STORAGE', `${place} contains a line that is not a record`, { cause })
  }
}

async function make({ root, dataset, snapshot, path, key }: NearThreadOptions): Promise<void> {
  const manifest = await readManifest(root, dataset, snapshot)
  const writer = await NearFileWriter.create(path, key)
  // Conversations are paths of trees, so that many turns occur repeatedly: the first of equal ones is kept.
  const seen = new NearIndex({ threshold: 1 })
  let bytes = 0
  try {
    for await (const lines of snapshotLines(root, manifest, 'train', read => (bytes += read))) {
      for (const line of lines) {
        const { conversations, mask, steerflow } = lineOf(line)
        for (const [turn, { value, from }] of conversations.entries()) {
          if (from === mask) continue
          const id = `${steerflow.id}:${turn}`
          const own = signature(value)
          if (seen.add(id, own)) await writer.add(id, own)
        }
      }
      say({ bytes, of: manifest.splits.train.bytes })
    }
    await writer.finish()
  } finally {
    await writer.close()
  }
}

try {
  await storing(`index the snapshot ${options.snapshot} of ${options.dataset}`, () => make(options))
  say({ done: true })
} catch (thrown) {
  const error = asSteerflowError(thrown)
  say({ code: error.code, message: explain(error) })
}
