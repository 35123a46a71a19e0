import { z } from 'zod'
import { processTable } from './process-table.js'

/** Identifies a process uniquely: a pid alone is reused after a while, and after a restart of the machine. */
export const ProcessIdentity = z.strictObject({
  pid: z.int().positive(),
  started: z.string(),
  boot: z.string(),
})
export type ProcessIdentity = z.output<typeof ProcessIdentity>

export async function ownIdentity(): Promise<ProcessIdentity> {
  const own = await processTable.find(process.pid)
  return { pid: process.pid, started: own?.started ?? '', boot: await processTable.boot() }
}

/** True if that very process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  if (identity.boot !== (await processTable.boot())) return false
  const row = await processTable.find(identity.pid)
  return row !== null && !row.zombie && row.started === identity.started
}

/**
 * True if any process of the leader's process group still runs. The system gives no new process the number of an
 * existing group, so another process with that pid means that the group is gone.
 */
export async function isGroupRunning(leader: ProcessIdentity): Promise<boolean> {
  if (await isRunning(leader)) return true
  if (leader.boot !== (await processTable.boot())) return false
  const rows = await processTable.all()
  if (rows.some(row => row.pid === leader.pid && row.started !== leader.started)) return false
  return rows.some(row => row.group === leader.pid && !row.zombie)
}
