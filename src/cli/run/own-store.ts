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

/** Capabilities that write into the store, or read what others wrote there. */
const usingStore: ReadonlySet<keyof Capabilities> = new Set([
  'shards',
  'snapshots',
  'runners',
  'roundMaterials',
  'trainingIndexes',
])

/** How often those that are the first at the same time try, and their waits in milliseconds. */
const attempts = 12
const waits: Backoff = { first: 100, most: 2_000 }

/** Under which key the deployment's store is noted. */
const key = 'store'

const Noted = z.looseObject({ id: z.string(), place: z.string(), host: z.string(), at: z.string() })
type Noted = z.output<typeof Noted>

/**
 * Makes sure that all workers of a deployment keep their files in one store: the first one notes its own in the log, and
 * who has another is refused. Where the log is in the data folder too, there is nothing to be sure of; nodes that need no
 * store run anywhere.
 * @param adopt notes the store of this worker in the place of the one that is noted
 * @throws STEERFLOW_STORE_FOREIGN, and what the store and the log throw
 */
export async function ownStore(
  { log, files, root }: Pick<Workspace, 'log' | 'files' | 'root'>,
  nodes: readonly { readonly stage: Pick<Node['stage'], 'needs'> }[],
  adopt: boolean,
): Promise<void> {
  const { admin } = log
  if (!admin || !nodes.some(({ stage }) => stage.needs.some(need => usingStore.has(need)))) return
  // Behind the claim's fence: of those that are the first at the same time one shuts the others out, which look again.
  for (let attempt = 1; ; attempt++) {
    const before = await notedIn(admin)
    // Read after the note: whoever noted an id of this store had given it to the store before.
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
    // Each at another time, so that they do not shut one another out again.
    await sleep(backoff(attempt, waits))
  }
}

/** Notes a store where nobody else has noted one meanwhile; whether it did. @throws STEERFLOW_FENCED by another claim */
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
    throw new SteerflowError('STEERFLOW_LOG_CORRUPT', 'what the log notes of the store cannot be read', { cause })
  }
}

function foreign(noted: Noted, own: Noted): SteerflowError {
  const was = `the store of this deployment is ${quoted(noted)}, since ${shown(noted.at, 40)}`
  return new SteerflowError('STEERFLOW_STORE_FOREIGN', `${was}; this worker has ${quoted(own)}`)
}

const quoted = ({ place, host, id }: Noted): string => `${shown(place, 300)} on ${shown(host, 100)} (${shown(id, 8)})`

/** What anybody may have written into the log, on one line and short. */
const shown = (text: string, most: number): string => text.replace(/[^ -~]/g, '?').slice(0, most)
