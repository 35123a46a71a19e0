import type { PromptTokens } from '../prompt-tokens.js'
import type { MaskInput } from './input.js'
import { render, type RenderedTurn, unmaskable } from './render.js'
import { continued, type Encode } from './tokenizer.js'
import { indexOfIds } from './turn-span.js'

/**
 * Checks that the loader's rules find the parts of a prompt in its tokens. They count tokens of parts that were encoded
 * alone, so that a mask is shifted if a token spans two parts, or if a part has other tokens alone. SentencePiece models that
 * spell lines one by one cannot do so; tokenizers that merge line ends or read added tokens in a text can
 * (docs/reference/loss-masks.md#parts-that-must-be-found).
 * @param special special tokens of the tokenizer by id: a text that contains one would be read as that token
 * @throws STEERFLOW_UNMASKABLE with the part that is not found.
 */
export function checkParts(
  encode: Encode,
  tokens: PromptTokens,
  input: MaskInput,
  special: ReadonlyMap<number, string>,
): void {
  const { header, turns, tail } = render(input, tokens)
  const whole = encode(header + turns.map(turn => turn.text).join('') + tail)
  const ids = continued(encode)
  const begins = (of: readonly number[], part: readonly number[], at = 0) => part.every((id, i) => of[at + i] === id)

  let at = 0
  const follow = (part: readonly number[], what: string) => {
    if (!begins(whole, part, at)) throw unmaskable(`${what} has other tokens in the conversation than alone`)
    at += part.length
  }
  follow(encode(header), 'the system prompt')
  for (const [index, turn] of turns.entries()) follow(ids(turn.text), `turn ${index}`)
  follow(ids(tail), 'the turn token at the end')
  if (at !== whole.length) throw unmaskable('the last turn has other tokens in the conversation than alone')

  const label = ids(tokens.label)
  const lineBreak = ids('\n')
  for (const [index, turn] of turns.entries()) {
    const all = ids(turn.text)
    const merges = (what: string) => unmaskable(`${what} of turn ${index} shares a token with the text around it`)
    if (!begins(all, ids(tokens.turn))) throw merges('the turn token')
    if (turn.masked || (index === 0 && input.type !== 'TEXT_TO_VALUE')) continue
    const name = ids(turn.name)
    const border = ids(turn.border)
    if (!begins(all, name)) throw merges("the end of the speaker's name")
    if (!hasLine(turn)) continue
    const place = input.type === 'VALUE_TO_TEXT' ? name.length : border.length
    if (indexOfIds(all, label) !== place) throw merges('the label token')
    if (
      input.type === 'VALUE_TO_TEXT' &&
      indexOfIds(all, lineBreak, name.length) + lineBreak.length !== border.length
    ) {
      throw merges('the end of the label')
    }
  }

  const count = (part: readonly number[]) => part.filter(id => special.has(id)).length
  const allowed =
    count(ids(tokens.system)) +
    turns.length * count(ids(tokens.turn)) +
    turns.filter(hasLine).length * count(label) +
    count(ids(tail))
  if (count(whole) <= allowed) return
  const ours = new Set([tokens.system, tokens.turn, tokens.label].flatMap(ids))
  const found = whole.find(id => special.has(id) && !ours.has(id)) ?? whole.find(id => special.has(id))
  throw unmaskable(`a text contains ${JSON.stringify(special.get(found ?? -1))}, a special token of the tokenizer`)
}

/** Whether a turn has an attribute line. Only then is the border not the end of the name. */
const hasLine = ({ name, border }: RenderedTurn): boolean => border !== name
