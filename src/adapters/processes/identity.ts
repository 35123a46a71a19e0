import { z } from 'zod'
import { processTable } from './process-table.js'

/** Which process it was, unmistakably: a number alone is given again after a while, and after a restart of the machine. */
export const ProcessIdentity = z.strictObject({
  pid: z.int().positive(),
  started: z.string(),
  boot: z.string(),
})
export type ProcessIdentity = z.output<typeof ProcessIdentity>

/** The identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const own = await processTable.find(process.pid)
  return { pid: process.pid, started: own?.started ?? '', boot: await processTable.boot() }
}

/** Whether that very process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  if (identity.boot !== (await processTable.boot())) return false
  const row = await processTable.find(identity.pid)
  return row !== null && !row.zombie && row.started === identity.started
}

/**
 * Whether anything of the process group that this process leads still runs. A number is not given to a new process while
 * a group of that number exists; so a stranger under the number means that the group is gone.
 */
export async function isGroupRunning(leader: ProcessIdentity): Promise<boolean> {
  if (await isRunning(leader)) return true
  if (leader.boot !== (await processTable.boot())) return false
  const rows = await processTable.all()
  if (rows.some(row => row.pid === leader.pid && row.started !== leader.started)) return false
  return rows.some(row => row.group === leader.pid && !row.zombie)
}
