import type { Outcome } from './outcome.js'
import type { RoundSummary } from './summary.js'

/** The end of a prompt so far. */
interface Account {
  end: 'accepted' | 'rejected' | 'dead-lettered' | null
  /** Answers that passed the gate, and how many of them clean dropped or a node dead-lettered. */
  wentOn: number
  leftOut: number
}

/**
 * The account of a round (docs/bootstrap.md#every-prompt-is-accounted-for-once): every prompt ends once, and every answer
 * that passed the gate ends once.
 *
 * A prompt or answer that is replayed while the round is open loses its end, and gets another. The gate's decision overrides
 * a dead letter, in whichever order they come, and a later decision of the gate an earlier one. But answers that have passed
 * stay under way, so the round waits for those of both decisions. A new version of the dataset seals everything again: only
 * its counts are kept.
 */
export class Accounts {
  readonly #prompts = new Map<number, Account>()
  #expected: number | null
  #ended = 0
  #wentOn = 0
  #sealed = 0
  #version = 0
  readonly #leftOut = { dropped: 0, lost: 0 }

  /** @param expected prompts of the round; null: the outcomes say it */
  constructor(expected: number | null = null) {
    this.#expected = expected
  }

  /** The number of prompts in the round; null until an outcome says it. */
  get expected(): number | null {
    return this.#expected
  }

  /** Whether every prompt, and every answer that passed the gate, has an end. */
  get complete(): boolean {
    return this.#ended === this.#expected && this.#sealed + this.#leftOut.dropped + this.#leftOut.lost >= this.#wentOn
  }

  /** Adds an outcome; returns whether it is the prompt's end from now on. */
  add(outcome: Outcome): boolean {
    const { end, prompt, of, answers, version } = outcome
    this.#expected ??= of
    if (end === 'sealed') this.#seal(answers, version ?? 1)
    else if (end === 'dropped' || end === 'lost') this.#leaveOut(end, prompt, answers)
    else if (end === 'replayed') this.#again(outcome)
    else return prompt !== null && this.#end(this.#account(prompt), end, answers)
    return false
  }

  /** Prompts by their end; in an incomplete round, those that have ended. */
  prompts(): RoundSummary['prompts'] {
    const sums = { sealed: 0, rejected: 0, dropped: 0, measured: 0, dead_lettered: 0 }
    for (const { end, wentOn, leftOut } of this.#prompts.values()) {
      if (end === 'dead-lettered') sums.dead_lettered++
      else if (end === 'rejected') sums.rejected++
      else if (end === 'accepted') sums[wentOn === 0 ? 'measured' : leftOut < wentOn ? 'sealed' : 'dropped']++
    }
    return { expected: this.#expected ?? 0, ...sums }
  }

  answers(): Pick<RoundSummary['answers'], 'sealed' | 'dropped' | 'lost'> {
    return { sealed: this.#sealed, ...this.#leftOut }
  }

  #account(prompt: number): Account {
    const known = this.#prompts.get(prompt) ?? { end: null, wentOn: 0, leftOut: 0 }
    this.#prompts.set(prompt, known)
    return known
  }

  #seal(answers: number, version: number): void {
    if (version > this.#version) {
      this.#version = version
      this.#sealed = 0
    }
    if (version === this.#version) this.#sealed += answers
  }

  #leaveOut(end: 'dropped' | 'lost', prompt: number | null, answers: number): void {
    if (prompt !== null) this.#account(prompt).leftOut += answers
    this.#leftOut[end] += answers
  }

  /** A dead letter, of a prompt or of one answer, is being replayed. */
  #again({ prompt, answers }: Outcome): void {
    const account = prompt === null ? null : this.#account(prompt)
    if (answers > 0) {
      this.#leftOut.lost = Math.max(0, this.#leftOut.lost - answers)
      if (account) account.leftOut = Math.max(0, account.leftOut - answers)
    } else if (account?.end === 'dead-lettered') {
      account.end = null
      this.#ended--
    }
  }

  #end(account: Account, end: Account['end'], answers: number): boolean {
    account.wentOn += answers
    this.#wentOn += answers
    if (account.end === null) this.#ended++
    else if (end === 'dead-lettered') return false
    account.end = end
    return true
  }
}
