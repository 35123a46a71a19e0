import type { PromptTokens } from '../prompt-tokens.js'
import type { MaskInput } from './input.js'
import { render, unmaskable } from './render.js'
import type { Encode } from './tokenizer.js'
import { turnSpans } from './turn-span.js'

/** Token ids of a conversation and, for each, whether it counts in the loss. */
export interface LossMask {
  readonly ids: readonly number[]
  readonly learnt: readonly boolean[]
}

/**
 * The loss mask of a whole conversation, token by token, as the trainer's loader computes it
 * (docs/reference/loss-masks.md#mask-of-a-turn).
 * @throws STEERFLOW_UNMASKABLE when a rule of the loader is violated. A mask without a learnt token is no error here.
 */
export function lossMask(encode: Encode, tokens: PromptTokens, input: MaskInput): LossMask {
  const { header, turns, tail } = render(input, tokens)
  const ids = encode(header + turns.map(turn => turn.text).join('') + tail)
  const before = encode(header)
  if (before.some((id, i) => ids[i] !== id)) {
    throw unmaskable('the system prompt is split into different tokens when a conversation follows it')
  }
  const learnt = ids.map((_, i) => i >= before.length)
  const spanOf = turnSpans(encode, tokens, input.type)
  let begin = before.length
  for (const [index, turn] of turns.entries()) {
    const span = spanOf(turn, index)
    if (begin >= ids.length) break
    learnt.fill(false, begin + span.from, begin + span.to)
    begin += span.advance
  }
  return { ids, learnt }
}
