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

/** What follows a label line at the beginning (VALUE_TO_TEXT); all of it where there is none, or nothing follows. */
function behindLabel(body: string, labelToken: string): string {
  const lineEnd = body.startsWith(labelToken) ? body.indexOf('\n') : -1
  return lineEnd === -1 || lineEnd === body.length - 1 ? body : body.slice(lineEnd + 1)
}

/** Text and label of a turn, the label behind the text (TEXT_TO_VALUE). */
function readBody(body: string, labelToken: string): Omit<Part, 'speaker'> {
  const rest = behindLabel(body, labelToken)
  const at = rest.lastIndexOf(labelToken)
  if (at === -1) return { text: withoutLineEnd(rest), label: null }
  return { text: withoutLineEnd(rest.slice(0, at)), label: rest.slice(at + labelToken.length) }
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
