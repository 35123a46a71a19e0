import { fail, type Finding, ok, warn } from './check.js'
import { size } from './units.js'

/** Shares of the budget: sources wait from the second one on, as the last fifth is kept for nodes. */
const shares = { warn: 0.6, fail: 0.8 }

/** How much of the embedded log's budget is used. */
export function logBudget({ usedBytes, maxBytes }: { usedBytes: number; maxBytes: number | null }): Finding {
  if (maxBytes === null) return ok(`${size(usedBytes)} used; the disk is the limit`)
  const share = usedBytes / maxBytes
  const detail = `${size(usedBytes)} of ${size(maxBytes)} used (${(100 * share).toFixed(0)} %)`
  const todo = 'Raise log.maxBytes, or give topics a retentionDays: what all nodes have read then goes.'
  if (share >= shares.fail) return fail(`${detail}: ingest waits`, todo)
  return share >= shares.warn ? warn(detail, todo) : ok(detail)
}
