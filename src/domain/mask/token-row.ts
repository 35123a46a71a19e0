import { z } from 'zod'
import type { LossMask } from './loss-mask.js'

/** The label of a token that does not count in the loss, as PyTorch's cross entropy leaves it out. */
export const notLearnt = -100

/** A conversation as a trainer takes it without a tokenizer of its own. */
export const TokenRow = z.strictObject({
  text: z.string().nullable().describe('JSON of input_ids and labels; null when nothing is learnt of it'),
  tokens: z.int().nonnegative().describe('tokens of the row'),
  learnt: z.int().nonnegative().describe('those of them that count in the loss'),
  cut: z.boolean().describe('whether it has more tokens than a row may have'),
})
export type TokenRow = z.output<typeof TokenRow>

/**
 * The row of a conversation: its first `maxTokens` ids, and for each the same id where it is learnt, -100 where it is
 * not. Labels stand at their own token: the trainer shifts them (docs/reference/loss-masks.md#token-rows).
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
