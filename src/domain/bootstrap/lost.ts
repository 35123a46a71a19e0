import type { Conversation } from '../conversation.js'
import type { BootstrapPrompt } from './candidates.js'
import type { Outcome } from './outcome.js'

const nothing: Omit<Outcome, 'round' | 'end' | 'prompt'> = {
  of: null,
  answers: 0,
  version: null,
  prompt_id: null,
  asked: null,
  reference_chars: null,
  candidates: [],
  reason: null,
}

/** The end of a prompt that a node could not process. */
export const lostPrompt = (
  { round, index, of, prompt_id, label }: Pick<BootstrapPrompt, 'round' | 'index' | 'of' | 'prompt_id' | 'label'>,
  code: string,
): Outcome => ({ ...nothing, round, end: 'dead-lettered', prompt: index, of, prompt_id, asked: label, reason: code })

/** The end of an answer after the gate; null if the conversation belongs to no round. */
export function lostAnswer(
  { steerflow: { bootstrap } }: Conversation,
  end: 'dropped' | 'lost',
  reason: string,
): Outcome | null {
  if (bootstrap === undefined) return null
  return { ...nothing, round: bootstrap.round, end, prompt: bootstrap.prompt, answers: 1, reason }
}

/** The end of the answers of a round that are in a shard. */
export const sealedAnswers = (round: string, answers: number, version: number): Outcome => ({
  ...nothing,
  round,
  end: 'sealed',
  prompt: null,
  answers,
  version,
})
