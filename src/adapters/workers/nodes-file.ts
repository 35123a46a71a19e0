import { z } from 'zod'
import { explain } from '../../domain/errors.js'
import type { NodeStatus, PartitionStatus } from '../../runtime/counters.js'
import { readReports, reportFile } from './report-file.js'

/** Why a partition of a node does not go on, as others read it. Times are ISO 8601. */
const TroubleReport = z.object({
  partition: z.number(),
  state: z.enum(['waiting', 'paused']),
  code: z.string(),
  cause: z.string(),
  since: z.string(),
  attempts: z.number(),
  next: z.string(),
})
export type TroubleReport = z.output<typeof TroubleReport>

/** What became of the last records of a node. */
const Late = z.object({ records: z.number(), letters: z.number() })
export type Late = z.output<typeof Late>

/** What one running process says of its nodes: those that made dead letters of late, or of which something does not go on. */
const NodesReport = z.object({
  worker: z.string(),
  at: z.string(),
  nodes: z.array(z.object({ node: z.string(), troubles: z.array(TroubleReport), late: Late.nullable().default(null) })),
})
export type NodesReport = z.output<typeof NodesReport>

const suffix = '.nodes.json'
/** A report is written no more often than this. */
const everyMs = 1000
/** Causes quote what others said; so much of one is enough to know it by. */
const causeLength = 500

const iso = (ms: number): string => new Date(ms).toISOString()

/** The troubles of a node's partitions. */
export const troublesOf = (partitions: readonly PartitionStatus[]): readonly TroubleReport[] =>
  partitions.flatMap(({ partition, trouble }) => {
    if (!trouble) return []
    const { state, error, since, attempts, next } = trouble
    const cause = explain(error).slice(0, causeLength)
    return [{ partition, state, code: error.code, cause, since: iso(since), attempts, next: iso(next) }]
  })

/** Lets others see which nodes of this process are in trouble, by a file in a folder that they share. */
export interface NodesFile {
  write(nodes: readonly NodeStatus[]): void
  remove(): void
}

/** Opens the file of this process, of which no failure stops the work. */
export function nodesFile(folder: string, now: () => number = Date.now): NodesFile {
  const file = reportFile<NodesReport>(folder, suffix, now)
  let written = -Infinity
  return {
    write: nodes => {
      if (performance.now() - written < everyMs) return
      written = performance.now()
      file.write({
        nodes: nodes.flatMap(({ node, partitions, late = null }) => {
          const troubles = [...troublesOf(partitions)]
          return troubles.length > 0 || (late?.letters ?? 0) > 0 ? [{ node, troubles, late }] : []
        }),
      })
    },
    remove: () => file.remove(),
  }
}

/** The reports of the processes that are at work now on a data folder, in the order of their names. */
export const readNodesFiles = (folder: string, now: () => number = Date.now): readonly NodesReport[] =>
  readReports(folder, suffix, NodesReport, now)
