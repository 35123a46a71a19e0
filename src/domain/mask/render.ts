import type { MaskInput } from './input.js'
import { SteerflowError } from '../errors.js'
import type { PromptTokens } from '../prompt-tokens.js'

/** A turn in the training text. */
export interface RenderedTurn {
  /** The turn token, the speaker and a line break, with which every turn begins. */
  readonly name: string
  /**
   * The text before what is learnt: up to the attribute line (TEXT_TO_VALUE), up to its end (VALUE_TO_TEXT), or the name where
   * there is no such line.
   */
  readonly border: string
  readonly text: string
  /** Whether its speaker is masked, so that its words are not learnt. */
  readonly masked: boolean
}

/** A conversation as the trainer reads it: the texts in order, with nothing between them. */
export interface RenderedConversation {
  readonly header: string
  readonly turns: readonly RenderedTurn[]
  /** A turn token after a learnt last turn: the model learns to stop there. */
  readonly tail: string
}

/** An error for a conversation that breaks a rule of the trainer's loader. */
export const unmaskable = (rule: string): SteerflowError => new SteerflowError('STEERFLOW_UNMASKABLE', rule)

/**
 * Lays a conversation out in the trainer's prompt template (docs/reference/loss-masks.md#prompt-template). A lone
 * surrogate becomes U+FFFD, since no tokenizer can read it.
 * @throws STEERFLOW_UNMASKABLE when a masked role never speaks.
 */
export function render({ conversations, system, mask, type }: MaskInput, tokens: PromptTokens): RenderedConversation {
  const speakers = new Set(conversations.map(turn => turn.from))
  const absent = mask.split(',').find(role => !speakers.has(role))
  if (absent !== undefined) throw unmaskable(`the masked role ${JSON.stringify(absent)} never speaks`)
  const turns = conversations.map(({ from, value, label }): RenderedTurn => {
    const name = `${tokens.turn}${from}\n`
    const line = type === null || label === null || label === undefined ? '' : `${tokens.label}${label}\n`
    const body = type === 'VALUE_TO_TEXT' ? `${line}${value}\n` : `${value}\n${line}`
    const border = line === '' ? name : type === 'VALUE_TO_TEXT' ? `${name}${line}` : `${name}${value}\n`
    return {
      name: name.toWellFormed(),
      border: border.toWellFormed(),
      text: `${name}${body}`.toWellFormed(),
      // The loader looks for a role as a part of the mask's text, not of its list of roles.
      masked: mask.includes(from),
    }
  })
  return {
    header: `${tokens.system}System\n${system}\n`.toWellFormed(),
    turns,
    tail: turns.at(-1)?.masked === false ? tokens.turn.toWellFormed() : '',
  }
}
