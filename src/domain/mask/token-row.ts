import { z } from 'zod'
import type { LossMask } from './loss-mask.js'

/** The label of a token that does not count in the loss: PyTorch's cross entropy ignores it. */
export const notLearnt = -100

/** A conversation as token ids, for a trainer without a tokenizer of its own. */
export const TokenRow = z.strictObject({
  text: z.string().nullable().describe('JSON of input_ids and labels; null if nothing is learnt'),
  tokens: z.int().nonnegative().describe('tokens of the row'),
  learnt: z.int().nonnegative().describe('tokens that count in the loss'),
  cut: z.boolean().describe('whether the conversation has more tokens than a row may have'),
})
export type TokenRow = z.output<typeof TokenRow>

/**
 * The row of a conversation: its first `maxTokens` ids, each with a label, which is the same id if the token is learnt, and
 * -100 if not. Labels stand at their own token: the trainer shifts them (docs/reference/loss-masks.md#token-rows).
 */
export function tokenRow({ ids, learnt }: LossMask, maxTokens: number): TokenRow {
  const input_ids = ids.slice(0, maxTokens)
  const labels = input_ids.map((id, i) => (learnt[i] ? id : notLearnt))
  const count = labels.filter(label => label !== notLearnt).length
  return {
    text: count === 0 ? null : JSON.stringify({ input_ids, labels }),
    tokens: input_ids.length,
    learnt: count,
    cut: ids.length > maxTokens,
  }
}
