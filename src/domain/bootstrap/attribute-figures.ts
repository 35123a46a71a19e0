import { parseLabel } from '../label-line.js'
import { Spreading } from '../statistics/spreading.js'
import { type RoundSummary } from './summary.js'

class Attribute {
  readonly asked = new Spreading()
  readonly predicted = new Spreading()
  readonly distance = new Spreading()
  readonly values = new Map<number, number>()
}

/** Attributes as they were asked for and as the value model sees them, from attribute lines of scored answers. */
export class AttributeFigures {
  readonly #attributes = new Map<string, Attribute>()
  readonly #parsed = new Map<string, Readonly<Record<string, number>>>()

  /** Adds an answer: the line that was asked for, null where this is not known, and the one that was predicted. */
  add(asked: string | null, predicted: string): void {
    const [wishes, seen] = [asked === null ? {} : this.#scores(asked), this.#scores(predicted)]
    for (const [key, wish] of Object.entries(wishes)) this.#of(key).asked.add(wish)
    for (const [key, value] of Object.entries(seen)) {
      const figures = this.#of(key)
      figures.predicted.add(value)
      figures.values.set(value, (figures.values.get(value) ?? 0) + 1)
      if (Object.hasOwn(wishes, key)) figures.distance.add(Math.abs(value - wishes[key]!))
    }
  }

  /** In the order in which attributes were first seen: that of the lines. */
  summary(): RoundSummary['attributes'] {
    const rows = [...this.#attributes].map(([key, { asked, predicted, distance, values }]) => {
      const sorted = [...values].sort(([a], [b]) => a - b).map(([value, count]) => [String(value), count] as const)
      const figures = { asked: asked.spread(), predicted: predicted.spread(), distance: distance.spread().mean }
      return [key, { ...figures, values: Object.fromEntries(sorted) }] as const
    })
    return Object.fromEntries(rows)
  }

  #of(key: string): Attribute {
    const known = this.#attributes.get(key) ?? new Attribute()
    this.#attributes.set(key, known)
    return known
  }

  /** Scores of a line; none of one that is no attribute line. */
  #scores(line: string): Readonly<Record<string, number>> {
    const known = this.#parsed.get(line)
    if (known) return known
    let scores = {}
    try {
      scores = parseLabel(line).scores
    } catch {
      // The gate has refused the answer for it; here it has no attributes.
    }
    this.#parsed.set(line, scores)
    return scores
  }
}
