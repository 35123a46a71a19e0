import { z } from 'zod'
import type { EarlierRound } from '../domain/bootstrap/against-before.js'
import { loopOf, numberOf, Outcome } from '../domain/bootstrap/outcome.js'
import { RoundEvent } from '../domain/bootstrap/round.js'
import { RoundTally } from '../domain/bootstrap/tally.js'
import { lastingFold } from './stage.js'

/** The account of a loop: its current round, and the previous one for comparison. */
interface Account {
  readonly present: RoundTally | null
  readonly before: EarlierRound | null
  /** The round that the last outcome completed; null if it completed none. */
  readonly closing: string | null
  /** Closed rounds; their later outcomes are ignored. */
  readonly closed: ReadonlySet<string>
}

/**
 * Adds up the ends of a round's prompts and closes the round at the outcome that completes the sum. This is a function of
 * the outcomes in their order: after a restart the round is still closed once, at the same outcome.
 */
export const closeRound = lastingFold({
  name: 'close-round',
  summary: 'Closes a bootstrap round when every prompt and every answer that passed the gate is accounted for.',
  needs: ['rounds'],
  initial: (): Account => ({ present: null, before: null, closing: null, closed: new Set() }),
  key: (record: Outcome) => loopOf(record.round),
  input: Outcome,
  ports: { rounds: RoundEvent },
  options: z.strictObject({}),
  create: ({ needs, to }) => ({
    step: (account, outcome) => {
      const { round } = outcome
      if (account.closed.has(round)) return { ...account, closing: null }
      const begun = account.present?.round === round
      const present = begun ? account.present : new RoundTally(round)
      // Only this account has the tally, so it is updated in place: a copy for each outcome would cost its size each time.
      present.add(outcome)
      const closed = present.complete ? new Set(account.closed).add(round) : account.closed
      return {
        present,
        before: begun ? account.before : (account.present?.earlier() ?? null),
        closing: present.complete ? round : null,
        closed,
      }
    },

    act: async ({ present, before, closing }, _, { signal }) => {
      if (closing === null || present === null) return []
      const { round } = await needs.rounds.of(closing, signal)
      const summary = await present.summary(before, round.plan.stop.confidence)
      return [
        to.rounds({
          loop: loopOf(closing),
          round: closing,
          event: 'closed',
          by: 'rule',
          number: numberOf(closing),
          summary,
        }),
      ]
    },
  }),
})
