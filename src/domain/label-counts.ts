import { z } from 'zod'
import type { Conversation } from './conversation.js'
import { hasScores, parseLabel } from './label-line.js'

const Histogram = z.record(z.string(), z.int().nonnegative())

/** The distribution of the labels of some records. The gates of a training job use it instead of reading shards. */
export const LabelCounts = z
  .strictObject({
    turns: z.int().nonnegative().describe('turns of the speakers that are learnt'),
    labelled: z.int().nonnegative().describe('those of them with a label that scores an attribute'),
    values: z.record(z.string(), Histogram).describe('by attribute: how many of them have each value'),
  })
  .meta({ title: 'LabelCounts' })
export type LabelCounts = z.output<typeof LabelCounts>

export const noLabels: LabelCounts = { turns: 0, labelled: 0, values: {} }

/** Limit on distinct attributes, and on distinct values of one: a hostile label must not swell a manifest. */
const most = 64

/** Counts the labels of records one by one. */
export class LabelCounter {
  #turns = 0
  #labelled = 0
  readonly #values = new Map<string, Map<string, number>>()

  /** Adds a conversation: its learnt turns, i.e. those of every speaker except the masked one. */
  add({ conversations, mask }: Pick<Conversation, 'conversations' | 'mask'>): void {
    for (const { from, label } of conversations) {
      if (from === mask) continue
      this.#turns++
      if (!hasScores(label)) continue
      const scores = scoresOf(label)
      if (scores === null) continue
      this.#labelled++
      for (const [key, value] of Object.entries(scores)) this.#count(key, String(value))
    }
  }

  counts(): LabelCounts {
    const values = [...this.#values].map(([key, histogram]) => [key, Object.fromEntries(histogram)] as const)
    return { turns: this.#turns, labelled: this.#labelled, values: Object.fromEntries(values) }
  }

  #count(key: string, value: string): void {
    // No attribute has this name, and a plain object would lose it as a key.
    if (key === '__proto__') return
    let histogram = this.#values.get(key)
    if (!histogram) {
      if (this.#values.size >= most) return
      this.#values.set(key, (histogram = new Map<string, number>()))
    }
    const bin = histogram.has(value) || histogram.size < most ? value : 'other'
    histogram.set(bin, (histogram.get(bin) ?? 0) + 1)
  }
}

/** The scores of a label line; null if it is no label. */
function scoresOf(label: string): Readonly<Record<string, number>> | null {
  try {
    return parseLabel(label).scores
  } catch {
    return null
  }
}

/** The sum of both. */
export const addLabels = (a: LabelCounts, b: LabelCounts): LabelCounts => combined(a, b, 1)

/** `a` without `b`, which is a part of it. */
export const subtractLabels = (a: LabelCounts, b: LabelCounts): LabelCounts => combined(a, b, -1)

function combined(a: LabelCounts, b: LabelCounts, sign: 1 | -1): LabelCounts {
  // Attributes that only `a` has are shared, not copied: this runs for each shard, over all attributes.
  const values = { ...a.values }
  for (const [key, theirs] of Object.entries(b.values)) {
    const histogram = { ...values[key] }
    for (const [value, count] of Object.entries(theirs)) {
      const sum = (histogram[value] ?? 0) + sign * count
      if (sum > 0) histogram[value] = sum
      else delete histogram[value]
    }
    values[key] = histogram
  }
  return { turns: a.turns + sign * b.turns, labelled: a.labelled + sign * b.labelled, values }
}
