import type { PromptTokens } from '../prompt-tokens.js'
import type { MaskInput } from './input.js'
import { lossMask } from './loss-mask.js'
import { render, type RenderedTurn } from './render.js'
import type { Tokenizer } from './tokenizer.js'
import { turnSpans } from './turn-span.js'

/**
 * Index of the first learnt token; null if no token is learnt. The result is that of a search in `lossMask`, but turns after
 * the deciding one are not encoded. This is sound if
 * - lines are independent: then every turn's tokens follow its predecessor's, and the header's are a prefix of all; and
 * - a turn that is not encoded cannot break the rule of the label token. Tokens spell their text: if the text has the label
 *   token only after the name, the ids have it there or nowhere.
 * Otherwise the whole mask is computed.
 * @throws STEERFLOW_UNMASKABLE when a rule of the trainer's loader is violated.
 */
export function firstLearnt(
  { encode, linesIndependent }: Tokenizer,
  tokens: PromptTokens,
  input: MaskInput,
): number | null {
  const whole = () => {
    const index = lossMask(encode, tokens, input).learnt.indexOf(true)
    return index < 0 ? null : index
  }
  if (!linesIndependent || !spellsItself(tokens.label)) return whole()

  const { header, turns } = render(input, tokens)
  const spanOf = turnSpans(encode, tokens, input.type)
  const cannotBreak = (turn: RenderedTurn) => input.type !== 'VALUE_TO_TEXT' || labelOnlyBehindName(turn, tokens.label)
  let begin = encode(header).length
  // Everything before `candidate` is known to be masked. Later spans begin at or after `begin`.
  let candidate = begin
  let decided = false
  for (const [index, turn] of turns.entries()) {
    if (decided && cannotBreak(turn)) continue
    const span = spanOf(turn, index)
    if (decided) continue
    // A span that begins after the candidate decides, or is empty (turn tokens that are longer than the turn).
    if (begin + span.from <= candidate) candidate = Math.max(candidate, begin + span.to)
    begin += span.advance
    decided = begin > candidate
  }
  return decided ? candidate : whole()
}

/** SentencePiece does not distinguish a space from U+2581, and reads half of a surrogate pair as U+FFFD. */
const spellsItself = (token: string): boolean => token.isWellFormed() && !/[ \u2581]/.test(token)

const labelOnlyBehindName = ({ text, name }: RenderedTurn, label: string): boolean => {
  const first = text.indexOf(label)
  return first < 0 || (first === name.length && !text.includes(label, first + 1))
}
