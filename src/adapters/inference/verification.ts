import type { ScoredTurn } from '../../stages/needs.js'

/** What a check of whole lines against single attributes has shown. */
export interface VerifiedLabels {
  /** Turns that were scored both ways. */
  readonly turns: number
  /** Turns of which the two labels differ. */
  readonly differing: number
  /** How often each attribute differs. */
  readonly byAttribute: Readonly<Record<string, number>>
}

/**
 * Compares labels that came as whole lines with those asked for attribute by attribute, for a share of the turns. The two
 * are equal where a server's greedy continuation depends on the prompt's text only; whether that holds, only the server
 * shows: batches, caches and half precision can break it.
 */
export class LabelVerification {
  #turns = 0
  #differing = 0
  readonly #byAttribute: Record<string, number> = {}

  constructor(private readonly share: number) {}

  /** Whether a turn is of the share: the same ones in every run. @param key hexadecimal digest of its prompt */
  chosen(key: string): boolean {
    return parseInt(key.slice(0, 8), 16) < this.share * 2 ** 32
  }

  compare(line: ScoredTurn, single: ScoredTurn): void {
    this.#turns++
    if (line.label === single.label) return
    this.#differing++
    const singles = new Set(single.label.split(','))
    for (const item of line.label.split(',')) {
      const key = item.split(':', 1)[0]!
      if (!singles.has(item)) this.#byAttribute[key] = (this.#byAttribute[key] ?? 0) + 1
    }
  }

  /** So far; null when nothing is to be verified. */
  get result(): VerifiedLabels | null {
    if (this.share === 0) return null
    return { turns: this.#turns, differing: this.#differing, byAttribute: { ...this.#byAttribute } }
  }
}
