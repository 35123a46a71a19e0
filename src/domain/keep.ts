import { z } from 'zod'
import { retentionDays } from './duration.js'

/** How many snapshots, or folders of ended jobs, are kept for each dataset beside those that are needed. */
export const KeepRule = (count: number) =>
  z.strictObject({
    count: z.int().positive().default(count).describe('number of the newest that are kept'),
    days: retentionDays().default(0).describe('age in days up to which all are kept too'),
  })
export type KeepRule = z.output<ReturnType<typeof KeepRule>>

/** A thing that may be removed. */
export interface Keepable {
  readonly name: string
  /** When it was made or ended, in milliseconds since 1970. */
  readonly at: number
  /** Why it is needed; empty if it is not. */
  readonly needed: readonly string[]
}

/** The decision about a thing. `why` gives the reasons for keeping it, or for removing it. */
export interface KeepDecision {
  readonly name: string
  readonly keep: boolean
  readonly why: readonly string[]
}

const dayMs = 86_400_000

/** A younger thing may still be in the making, and what needs it may not be on record yet. */
export const graceMs = 60_000

/** Decides what to keep of the things of one kind and dataset. The newest count whether they are needed or not. */
export function judge(things: readonly Keepable[], rule: KeepRule, now: number): readonly KeepDecision[] {
  const newest = things.toSorted((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1))
  return newest.map(({ name, at, needed }, place) => {
    const why = [
      ...needed,
      ...(place < rule.count ? [`one of the newest ${rule.count}`] : []),
      ...(rule.days > 0 && now - at < rule.days * dayMs ? [`not older than ${rule.days} days`] : []),
      ...(now - at < graceMs ? ['made just now'] : []),
    ]
    return { name, keep: why.length > 0, why: why.length > 0 ? why : ['nothing needs it, and newer ones are kept'] }
  })
}
