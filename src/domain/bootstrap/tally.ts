import { Accounts } from './accounts.js'
import { againstBefore, type EarlierRound } from './against-before.js'
import { AnswerColumns, type AnswerFigures } from './answer-columns.js'
import { AnswerTotals } from './answer-totals.js'
import { Interned } from './interned.js'
import type { Outcome } from './outcome.js'
import { figuresOf } from './prompt-figures.js'
import type { RoundSummary } from './summary.js'

/** A prompt that the gate has decided on: the requested line, and its rows of answers. */
interface AskedLabel {
  readonly id: string | null
  readonly line: number
  readonly referenceChars: number | null
  readonly from: number
  readonly to: number
}

/**
 * Gathers the outcomes of one round, one by one, into its summary. It keeps no texts: memory grows by about 30 bytes for
 * each answer and 300 for each prompt.
 */
export class RoundTally {
  readonly #accounts: Accounts
  readonly #answers = new AnswerColumns()
  readonly #lines = new Interned<string | null>()
  readonly #asked = new Map<number, AskedLabel>()

  /** @param expected prompts of the round; null: the outcomes say it */
  constructor(
    readonly round: string,
    expected: number | null = null,
  ) {
    this.#accounts = new Accounts(expected)
  }

  /** Whether every prompt of the round, and every answer that passed the gate, is accounted for. */
  get complete(): boolean {
    return this.#accounts.complete
  }

  add(outcome: Outcome): void {
    const counts = this.#accounts.add(outcome)
    if (!counts || outcome.prompt === null || outcome.end === 'dead-lettered') return
    const from = this.#answers.length
    for (const answer of outcome.candidates) this.#answers.add(answer)
    this.#asked.set(outcome.prompt, {
      id: outcome.prompt_id,
      line: this.#lines.number(outcome.asked ?? '', outcome.asked),
      referenceChars: outcome.reference_chars,
      from,
      to: this.#answers.length,
    })
  }

  /** The figures with which a later round is compared. */
  earlier(): EarlierRound {
    const prompts = this.#inOrder().flatMap(asked =>
      asked.id === null ? [] : [[asked.id, figuresOf(this.#rows(asked))] as const],
    )
    return { round: this.round, prompts: new Map(prompts) }
  }

  /**
   * The summary of the outcomes so far; it does not depend on the order in which prompts ended.
   * @param before the round to compare with
   * @param confidence level of the intervals of differences
   */
  async summary(before: EarlierRound | null, confidence: number): Promise<RoundSummary> {
    const totals = new AnswerTotals()
    let accepted = 0
    for (const asked of this.#inOrder()) {
      const answers = this.#rows(asked)
      if (answers.some(({ kept }) => kept === 'accepted')) accepted++
      for (const answer of answers) totals.add(answer, this.#lines.value(asked.line), asked.referenceChars)
    }
    const prompts = this.#accounts.prompts()
    const { answers, ...figures } = totals.summary()
    return {
      prompts,
      acceptance: prompts.expected === 0 ? null : accepted / prompts.expected,
      answers: { ...answers, ...this.#accounts.answers() },
      ...figures,
      against_before: before && (await againstBefore(this.earlier().prompts, before, confidence)),
    }
  }

  #inOrder(): AskedLabel[] {
    return [...this.#asked].sort(([a], [b]) => a - b).map(([, asked]) => asked)
  }

  #rows({ from, to }: AskedLabel): AnswerFigures[] {
    return Array.from({ length: to - from }, (_, row) => this.#answers.at(from + row))
  }
}
