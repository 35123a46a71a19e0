import { isMasked } from '../formats/speakers.js'
import type { AttributeSet } from '../attributes.js'
import type { Turn } from '../conversation.js'
import { type Label, parseLabel } from '../label-line.js'

/**
 * Gathers the distinct attribute lines of the answers with the best value of an attribute in the data (SteerLM paper, step
 * 4a: "the highest quality"). Lines that lack a score of the set are left out: a request needs all of them.
 */
export class BestLabels {
  #best = -Infinity
  readonly #lines = new Set<string>()
  /** Lines already examined, since most lines recur. */
  readonly #seen = new Set<string>()

  constructor(
    private readonly set: AttributeSet,
    private readonly attribute: string,
  ) {}

  /** Takes the lines of a conversation's answers, i.e. of the turns of every speaker except `mask`. */
  add(turns: readonly Turn[], mask: string): void {
    for (const { from, label } of turns) if (!isMasked(from, mask) && label != null) this.#take(label)
  }

  /** The lines, sorted. */
  lines(): string[] {
    return [...this.#lines].sort()
  }

  #take(line: string): void {
    if (this.#seen.has(line)) return
    if (this.#seen.size < mostSeen) this.#seen.add(line)
    const scores = scoresOf(line)
    const value = scores?.[this.attribute]
    if (value === undefined || value < this.#best) return
    if (!this.set.attributes.every(({ key }) => Object.hasOwn(scores!, key))) return
    if (value > this.#best) this.#lines.clear()
    this.#best = value
    this.#lines.add(line)
  }
}

/** How many lines are remembered as examined. */
const mostSeen = 100_000

function scoresOf(line: string): Label['scores'] | null {
  try {
    return parseLabel(line).scores
  } catch {
    return null
  }
}
