import type { LiveRow } from '../../src/cli/render/live-row.js'

/** The row of a node of which nothing is said but what is given. */
export const rowOf = (node: string, given: Partial<LiveRow> = {}): LiveRow => ({
  node,
  stage: node,
  in: 0,
  out: 0,
  behind: 0,
  inFlight: 0,
  held: 0,
  deadLettered: 0,
  ...given,
})
