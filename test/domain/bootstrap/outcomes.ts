import type { AnswerOutcome, Outcome } from '../../../src/domain/bootstrap/outcome.js'

/** An answer that was accepted, of quality 4 where 4 was asked for. */
export const answer = (over: Partial<AnswerOutcome> = {}): AnswerOutcome => ({
  index: 0,
  kept: 'accepted',
  against: [],
  values: {},
  label: 'quality:4',
  goodness: 4,
  chars: 100,
  unique_words: 0.8,
  finish: 'stop',
  ...over,
})

/** The end of a prompt of a round of `of` prompts, or of answers of it. */
export const outcome = (end: Outcome['end'], over: Partial<Outcome> = {}): Outcome => ({
  round: 'loop-1',
  end,
  prompt: 0,
  of: 3,
  answers: 0,
  version: end === 'sealed' ? 1 : null,
  prompt_id: over.prompt === null ? null : `prompt-${over.prompt ?? 0}`,
  asked: 'quality:4',
  reference_chars: null,
  candidates: [],
  reason: null,
  ...over,
})

/** A prompt with one answer that is accepted. */
export const accepted = (prompt: number, over: Partial<AnswerOutcome> = {}, rest: Partial<Outcome> = {}): Outcome =>
  outcome('accepted', { prompt, answers: 1, candidates: [answer(over)], ...rest })

export const sealed = (answers: number, version = 1): Outcome =>
  outcome('sealed', { prompt: null, of: null, answers, version })
