import type { Letter } from './letters.js'

/** Dead letters of one node with one code, whose causes differ only in names and numbers. */
export interface LetterClass {
  readonly node: string
  readonly code: string
  /** The cause without the parts that differ from record to record. */
  readonly cause: string
  readonly letters: number
  /** How many of them were not replayed. */
  readonly waiting: number
  /** Milliseconds since 1970. */
  readonly first: number
  readonly last: number
  /** Id of the last one. */
  readonly example: string
}

export interface LetterSummary {
  readonly letters: number
  readonly waiting: number
  /** Most letters first. */
  readonly classes: readonly LetterClass[]
  /** Letters of further classes, beyond the maximum. */
  readonly others: number
  /** By the hour in which they were written, in milliseconds since 1970, oldest first. */
  readonly hours: readonly { readonly hour: number; readonly letters: number }[]
  /** Letters of earlier hours. */
  readonly before: number
}

const most = { classes: 500, hours: 1000 }
const hourMs = 3_600_000

/** Counts letters by node, code and cause, and by hour; memory is bounded, whatever the letters contain. */
export async function summarise(letters: AsyncIterable<Letter>): Promise<LetterSummary> {
  const classes = new Map<string, { -readonly [K in keyof LetterClass]: LetterClass[K] }>()
  const hours = new Map<number, number>()
  const sum = { letters: 0, waiting: 0, others: 0, before: 0 }
  for await (const { id, node, code, cause, at, replayed } of letters) {
    sum.letters++
    if (!replayed) sum.waiting++
    const hour = Math.floor(at / hourMs) * hourMs
    hours.set(hour, (hours.get(hour) ?? 0) + 1)
    if (hours.size > most.hours) sum.before += takeOldest(hours)
    const kind = causeClass(cause)
    const key = JSON.stringify([node, code, kind])
    const found = classes.get(key)
    if (found) {
      found.letters++
      if (!replayed) found.waiting++
      found.first = Math.min(found.first, at)
      found.last = Math.max(found.last, at)
      found.example = id
    } else if (classes.size === most.classes) sum.others++
    else {
      const waiting = replayed ? 0 : 1
      classes.set(key, { node, code, cause: kind, letters: 1, waiting, first: at, last: at, example: id })
    }
  }
  return {
    ...sum,
    classes: [...classes.values()].sort((a, b) => b.letters - a.letters),
    hours: [...hours].map(([hour, count]) => ({ hour, letters: count })).sort((a, b) => a.hour - b.hour),
  }
}

function takeOldest(hours: Map<number, number>): number {
  const oldest = Math.min(...hours.keys())
  const count = hours.get(oldest)!
  hours.delete(oldest)
  return count
}

/** Length of the part that distinguishes causes: the beginning says what happened, the rest to which record. */
const classCharacters = 160

/**
 * A cause without the parts that differ from record to record: quoted texts, addresses, digests, numbers. Each expression
 * examines a character once; long texts are cut first.
 */
export const causeClass = (cause: string): string =>
  cause
    .slice(0, 2 * classCharacters)
    .replace(/\s+/g, ' ')
    .replace(/https?:\/\/[^\s"']+/g, '<url>')
    .replace(/"[^"]*("|$)/g, '"…"')
    .replace(/'[^']*'/g, "'…'")
    .replace(/\b[0-9a-f]{8,}\b/gi, '<id>')
    .replace(/\d+(\.\d+)?/g, 'N')
    .slice(0, classCharacters)
    .trim()
