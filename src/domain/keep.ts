import { z } from 'zod'

/** How many snapshots, or folders of jobs that have ended, of a dataset are kept beside those that something needs. */
export const KeepRule = (count: number) =>
  z.strictObject({
    count: z.int().positive().default(count).describe('so many of the newest'),
    days: z.number().nonnegative().default(0).describe('and all that are not older than so many days'),
  })
export type KeepRule = z.output<ReturnType<typeof KeepRule>>

/** Something that may be removed. */
export interface Keepable {
  readonly name: string
  /** When it was made or ended, in milliseconds since 1970. */
  readonly at: number
  /** What needs it; empty: nothing does. */
  readonly needed: readonly string[]
}

/** What becomes of it. `why` says for what it is kept, or why it is not. */
export interface KeepDecision {
  readonly name: string
  readonly keep: boolean
  readonly why: readonly string[]
}

const dayMs = 86_400_000

/** Younger than this, something may be in the making: what needs it is not on record yet. */
export const graceMs = 60_000

/** What is kept of things of one kind and dataset. The newest count whether something needs them or not. */
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
