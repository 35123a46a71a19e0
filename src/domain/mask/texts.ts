import type { PromptTokens } from '../prompt-tokens.js'
import type { MaskInput } from './input.js'
import { render } from './render.js'
import { opening } from './tokenizer.js'

/**
 * All texts that `lossMask` and `checkParts` encode for a conversation. A tokenizer that answers later encodes them ahead.
 * @throws STEERFLOW_UNMASKABLE when a masked role never speaks.
 */
export function maskTexts(tokens: PromptTokens, input: MaskInput): readonly string[] {
  const { header, turns, tail } = render(input, tokens)
  const parts = ['', tokens.system, tokens.turn, tokens.label, '\n', tail]
  const continuing = [...parts, ...turns.flatMap(({ name, border, text }) => [name, border, text])]
  return [header + turns.map(turn => turn.text).join('') + tail, header, ...continuing.map(text => opening + text)]
}
