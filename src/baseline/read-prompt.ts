import { type PromptTokens } from '../domain/prompt-tokens.js'
import { type TurnInContext } from './turn.js'

/** What a prompt asks: the label of which turn, and how much of it is there already. */
export interface ReadPrompt {
  readonly turn: TurnInContext
  /** The text behind the token that begins the label; null when the prompt has not got as far. */
  readonly label: string | null
  /** Whether the last turn's speaker is not named yet, so that there is no turn to judge. */
  readonly unspoken: boolean
}

interface Part {
  /** Empty where the line of the name is not finished. */
  readonly speaker: string
  readonly text: string
  readonly label: string | null
}

const withoutLineEnd = (text: string): string => (text.endsWith('\n') ? text.slice(0, -1) : text)

/** Text and label of a turn, the label behind the text (TEXT_TO_VALUE) or before it (VALUE_TO_TEXT). */
function readBody(body: string, labelToken: string): Omit<Part, 'speaker'> {
  const at = body.lastIndexOf(labelToken)
  if (at === -1) return { text: withoutLineEnd(body), label: null }
  const label = body.slice(at + labelToken.length)
  const lineEnd = label.indexOf('\n')
  const behind = lineEnd === -1 ? '' : label.slice(lineEnd + 1)
  if (at === 0 && behind !== '') return { text: withoutLineEnd(behind), label: null }
  return { text: withoutLineEnd(body.slice(0, at)), label }
}

function readTurn(part: string, labelToken: string): Part {
  const lineEnd = part.indexOf('\n')
  if (lineEnd === -1) return { speaker: '', text: '', label: null }
  return { speaker: part.slice(0, lineEnd), ...readBody(part.slice(lineEnd + 1), labelToken) }
}

/**
 * Reads a prompt back into turns (the template of steerlm-scripts §3). It takes every text: one without turns is a single
 * turn whose speaker is unknown.
 * @param user the speaker whose turns count as the user's.
 */
export function readPrompt(prompt: string, tokens: PromptTokens, user: string): ReadPrompt {
  const parts = prompt.split(tokens.turn)
  if (parts.length === 1) {
    const { text, label } = readBody(prompt, tokens.label)
    return { turn: { text, before: null, turnsBefore: 0, user: false }, label, unspoken: false }
  }
  const turnsBefore = parts.length - 2
  const { speaker, text, label } = readTurn(parts.at(-1)!, tokens.label)
  const before = turnsBefore === 0 ? null : readTurn(parts.at(-2)!, tokens.label).text
  return { turn: { text, before, turnsBefore, user: speaker === user }, label, unspoken: speaker === '' }
}
