import type { Conversation, Rescored } from './conversation.js'
import { parseLabel } from './label-line.js'

/** How far two models agree on an attribute, over the turns to which both gave a value. */
export interface Agreement {
  readonly attribute: string
  readonly turns: number
  /** Share of turns with the same label. */
  readonly agreement: number
  /** Mean of the new score minus the old one, in points of the scale. */
  readonly mean_difference: number
  /** Pearson's correlation of the scores; null if either is constant. */
  readonly correlation: number | null
}

/** Running sums of pairs of scores, as differences from the first pair to limit rounding errors. */
class Pairs {
  #n = 0
  #equal = 0
  #first: readonly [number, number] = [0, 0]
  #x = 0
  #y = 0
  #xx = 0
  #yy = 0
  #xy = 0

  add(older: number, newer: number, equal: boolean): void {
    if (this.#n++ === 0) this.#first = [older, newer]
    if (equal) this.#equal++
    const [x, y] = [older - this.#first[0], newer - this.#first[1]]
    this.#x += x
    this.#y += y
    this.#xx += x * x
    this.#yy += y * y
    this.#xy += x * y
  }

  agreement(attribute: string): Agreement {
    const n = this.#n
    const spread = (n * this.#xx - this.#x ** 2) * (n * this.#yy - this.#y ** 2)
    return {
      attribute,
      turns: n,
      agreement: this.#equal / n,
      mean_difference: this.#first[1] - this.#first[0] + (this.#y - this.#x) / n,
      correlation: spread > 0 ? (n * this.#xy - this.#x * this.#y) / Math.sqrt(spread) : null,
    }
  }
}

/** The scores of a label line; none if it is no label, as a model may have predicted under the original's rules. */
function labelled(line: string | null | undefined): Readonly<Record<string, number>> {
  try {
    return line == null ? {} : parseLabel(line).scores
  } catch {
    return {}
  }
}

/** Compares the labels of conversations with another model's labels for them. Memory: one row for each attribute. */
export class LabelComparison {
  readonly #pairs = new Map<string, Pairs>()

  /** Adds the turns that both models scored. */
  add({ conversations, steerflow }: Conversation, other: Rescored): void {
    conversations.forEach((turn, index) => {
      const raw = steerflow.scores?.[index]
      if (!raw) return
      const [older, newer] = [labelled(turn.label), labelled(other.labels[index])]
      for (const [key, value] of Object.entries(newer)) {
        const before = older[key]
        if (before === undefined) continue
        const pairs = this.#pairs.get(key) ?? new Pairs()
        pairs.add(raw[key] ?? before, other.scores[index]?.[key] ?? value, before === value)
        this.#pairs.set(key, pairs)
      }
    })
  }

  /** One row for each attribute, in the order of the labels. */
  rows(): readonly Agreement[] {
    return [...this.#pairs].map(([attribute, pairs]) => pairs.agreement(attribute))
  }
}
