import { z } from 'zod'
import { explain } from '../../domain/errors.js'
import type { NodeStatus, PartitionStatus } from '../../runtime/counters.js'
import { readReports, reportFile } from './report-file.js'

/** Why a partition of a node is blocked, for other processes. Times are ISO 8601. */
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

/** Results of a node's recent records. */
const Late = z.object({ records: z.number(), letters: z.number() })
export type Late = z.output<typeof Late>

/** The report of one running process on its nodes: those with recent dead letters, or with a blocked partition. */
const NodesReport = z.object({
  worker: z.string(),
  at: z.string(),
  nodes: z.array(z.object({ node: z.string(), troubles: z.array(TroubleReport), late: Late.nullable().default(null) })),
})
export type NodesReport = z.output<typeof NodesReport>

const suffix = '.nodes.json'
/** Minimum time between two reports, in milliseconds. */
const everyMs = 1000
/** Causes quote other programs; this much of one is enough to recognize it. */
const causeLength = 500

const iso = (ms: number): string => new Date(ms).toISOString()

export const troublesOf = (partitions: readonly PartitionStatus[]): readonly TroubleReport[] =>
  partitions.flatMap(({ partition, trouble }) => {
    if (!trouble) return []
    const { state, error, since, attempts, next } = trouble
    const cause = explain(error).slice(0, causeLength)
    return [{ partition, state, code: error.code, cause, since: iso(since), attempts, next: iso(next) }]
  })

/** Publishes the troubles of this process's nodes: a file in a folder that all processes of a data folder share. */
export interface NodesFile {
  write(nodes: readonly NodeStatus[]): void
  remove(): void
}

/** Opens the file of this process. Failures to write it do not stop the work. */
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

/** The reports of all running processes of a data folder, sorted by name. */
export const readNodesFiles = (folder: string, now: () => number = Date.now): readonly NodesReport[] =>
  readReports(folder, suffix, NodesReport, now)
