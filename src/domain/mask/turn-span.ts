import type { ConversationType } from '../conversation.js'
import type { PromptTokens } from '../prompt-tokens.js'
import { type RenderedTurn, unmaskable } from './render.js'
import { continued, type Encode } from './tokenizer.js'

/** The part of a turn that is not learnt, in tokens from its beginning, and the distance to the next turn. */
export interface TurnSpan {
  readonly from: number
  readonly to: number
  readonly advance: number
}

/** The position at which `part` first occurs in `whole`, or -1. */
export function indexOfIds(whole: readonly number[], part: readonly number[], start = 0): number {
  for (let at = start; at + part.length <= whole.length; at++) {
    if (part.every((id, i) => whole[at + i] === id)) return at
  }
  return -1
}

/**
 * The rule of one turn (docs/reference/loss-masks.md#mask-of-a-turn), as a function of the turn and its place in the
 * conversation:
 * - the first turn is context, unless attribute lines are learnt;
 * - of a masked speaker's later turns only the turn token is learnt, which tells the model that its own turn is over;
 * - of other turns, the text after the name (and attribute line) is learnt, or the attribute line alone.
 * The function throws STEERFLOW_UNMASKABLE if a label token stands anywhere but after the name although the reply depends
 * on the attribute line.
 */
export function turnSpans(
  encode: Encode,
  tokens: PromptTokens,
  type: ConversationType | null,
): (turn: RenderedTurn, index: number) => TurnSpan {
  const ids = continued(encode)
  const labelToken = ids(tokens.label)
  const lineBreak = ids('\n')
  const turnToken = ids(tokens.turn).length

  return (turn, index) => {
    const all = ids(turn.text)
    const name = ids(turn.name).length
    const label = indexOfIds(all, labelToken)
    let unlearnt = name
    if (label >= 0 && type === 'VALUE_TO_TEXT') {
      if (label !== name) throw unmaskable(`turn ${index} has a label token that does not follow its speaker`)
      const end = indexOfIds(all, lineBreak, name)
      // No token is a line break by itself. The loader then leaves its position where it was, and so must we.
      if (end < 0) return { from: 0, to: all.length, advance: 0 }
      unlearnt = end + lineBreak.length
    } else if (label >= 0 && type === 'TEXT_TO_VALUE') {
      unlearnt = label + labelToken.length
    }
    const contextOnly = index === 0 && type !== 'TEXT_TO_VALUE'
    const advance = all.length
    if (contextOnly) return { from: 0, to: advance, advance }
    if (!turn.masked) return { from: 0, to: unlearnt, advance }
    const keepsTurnToken = index > 1 || (index === 1 && type === 'TEXT_TO_VALUE')
    return { from: keepsTurnToken ? turnToken : 0, to: advance, advance }
  }
}
