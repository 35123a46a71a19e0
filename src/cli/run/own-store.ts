import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { storeIds } from '../../adapters/storage/identity.js'
import type { Capabilities } from '../../stages/needs.js'
import type { Node } from '../../stages/node.js'
import { asSteerflowError, SteerflowError } from '../../domain/errors.js'
import type { LogAdmin } from '../../runtime/log-admin.js'
import { type Backoff, backoff } from '../../runtime/retry.js'
import type { Workspace } from '../workspace.js'

/** Capabilities that read or write files in the store. */
const usingStore: ReadonlySet<keyof Capabilities> = new Set([
  'shards',
  'snapshots',
  'runners',
  'roundMaterials',
  'trainingIndexes',
])

/** Retries and delays (in milliseconds) when several workers start at the same time. */
const attempts = 12
const waits: Backoff = { first: 100, most: 2_000 }

/** Key of the note that identifies the deployment's store. */
const key = 'store'

const Noted = z.looseObject({ id: z.string(), place: z.string(), host: z.string(), at: z.string() })
type Noted = z.output<typeof Noted>

/**
 * Makes sure that all workers of a deployment use one store: the first worker notes its store in the log, and a worker with
 * another store is rejected. A log inside the data folder needs no check, and nodes without files may run anywhere.
 * @param adopt replaces the noted store by this worker's store
 * @throws STEERFLOW_STORE_FOREIGN, and errors of the store and the log
 */
export async function ownStore(
  { log, files, root }: Pick<Workspace, 'log' | 'files' | 'root'>,
  nodes: readonly { readonly stage: Pick<Node['stage'], 'needs'> }[],
  adopt: boolean,
): Promise<void> {
  const { admin } = log
  if (!admin || !nodes.some(({ stage }) => stage.needs.some(need => usingStore.has(need)))) return
  // A claim fences concurrent first workers: one wins, and the others check again.
  for (let attempt = 1; ; attempt++) {
    const before = await notedIn(admin)
    // The ids are read after the note, since a worker stores an id before it notes it.
    const ids = await storeIds(files, join(root, 'tmp'))
    if (before && ids.includes(before.id)) return
    const own = { id: ids[0]!, place: files.place, host: hostname(), at: new Date().toISOString() }
    if (before && !adopt) throw foreign(before, own)
    try {
      if (await note(log, admin, before, own)) return
    } catch (thrown) {
      const { code, kind } = asSteerflowError(thrown)
      if ((code !== 'STEERFLOW_FENCED' && kind !== 'transient') || attempt === attempts) throw thrown
    }
    // Random delays, so that they do not fence each other again.
    await sleep(backoff(attempt, waits))
  }
}

/** Notes a store unless another worker has done so; returns whether it did. @throws STEERFLOW_FENCED if another claim won */
async function note(log: Workspace['log'], admin: LogAdmin, before: { readonly text: string } | null, own: Noted) {
  const claim = await log.claim('deployment.store', 'deployment.store', 0)
  try {
    if ((await admin.noted(key)) !== (before?.text ?? null)) return false
    await claim.commit(claim.committed, claim.committed, [admin.note(key, JSON.stringify(own))])
    return true
  } finally {
    await claim.release()
  }
}

async function notedIn(admin: LogAdmin): Promise<(Noted & { readonly text: string }) | null> {
  const text = await admin.noted(key)
  if (text === null) return null
  try {
    return { ...Noted.parse(JSON.parse(text)), text }
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_LOG_CORRUPT', 'the note about the store in the log cannot be read', { cause })
  }
}

function foreign(noted: Noted, own: Noted): SteerflowError {
  const was = `the store of this deployment is ${quoted(noted)}, since ${shown(noted.at, 40)}`
  return new SteerflowError('STEERFLOW_STORE_FOREIGN', `${was}; this worker uses ${quoted(own)}`)
}

const quoted = ({ place, host, id }: Noted): string => `${shown(place, 300)} on ${shown(host, 100)} (${shown(id, 8)})`

/** Untrusted text from the log as one short line. */
const shown = (text: string, most: number): string => text.replace(/[^ -~]/g, '?').slice(0, most)
