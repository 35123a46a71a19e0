import type { Turn } from './conversation.js'
import { isMasked } from './formats/speakers.js'
import type { PromptTokens } from './prompt-tokens.js'

/** The parts of a turn that a prompt depends on: its text and speaker, and its label if it is an earlier turn. */
export type PromptTurn = Pick<Turn, 'value' | 'from' | 'label'>

/** One turn up to its label: the speaker's name and the text, one line each. */
const spoken = (turn: PromptTurn, tokens: PromptTokens): string => `${tokens.turn}${turn.from}\n${turn.value}\n`

/** The label line of an earlier turn. Python prints a null label as `None`; a turn without the key has no line. */
const labelled = (turn: PromptTurn, tokens: PromptTokens): string =>
  turn.label === undefined ? '' : `${tokens.label}${turn.label ?? 'None'}\n`

/**
 * The prompt that a value model continues with the label of the last of `turns`: system prompt, the earlier turns with their
 * labels, the last turn, and the token that begins a label (docs/reference/loss-masks.md#prompts-at-inference). As in the
 * original, no line end follows the system prompt, although the training data has one.
 */
export function labelPrompt(system: string, turns: readonly PromptTurn[], tokens: PromptTokens): string {
  const parts = [`${tokens.system}System\n${system}`]
  turns.forEach((turn, index) => {
    parts.push(spoken(turn, tokens))
    if (index < turns.length - 1) parts.push(labelled(turn, tokens))
  })
  return parts.join('') + tokens.label
}

/**
 * The label line so far and the beginning of the next key: the text to continue after `labelPrompt`, first `quality:`, then
 * `quality:4,toxicity:` and so on.
 */
export const labelUpTo = (label: string, key: string): string => `${label === '' ? '' : `${label},`}${key}:`

/**
 * The prompt with which a reward model scores the last of `turns`: like `labelPrompt`, but without labels, and with exactly
 * one line end after the system prompt, as in the training of NeMo-Aligner's models.
 */
export const rewardPrompt = (system: string, turns: readonly PromptTurn[], tokens: PromptTokens): string =>
  `${tokens.system}System\n${system.replace(/(?<!\n)\n+$/, '')}\n${turns.map(turn => spoken(turn, tokens)).join('')}${tokens.label}`

/** Which turns get a predicted label: all, as in the original, or only the assistant's: those that are not masked. */
export type AnnotatedTurns = 'all' | 'assistant'

/** Whether a turn of a conversation with that mask gets a predicted label. */
export const isAnnotated = (which: AnnotatedTurns, { from }: Pick<Turn, 'from'>, mask?: string | null): boolean =>
  which === 'all' || !isMasked(from, mask)

/** Predicts the label of the last of `turns`. */
type PredictLabel<S> = (turns: readonly PromptTurn[]) => Promise<S>

/**
 * Scores the turns of a conversation one after another, since the labels predicted for earlier turns are part of the
 * prompt of later ones (docs/reference/loss-masks.md#prompts-at-inference). Null for a turn that is not scored.
 */
export async function scoreTurns<S extends { readonly label: string }>(
  turns: readonly PromptTurn[],
  which: AnnotatedTurns,
  predict: PredictLabel<S>,
  mask?: string | null,
): Promise<(S | null)[]> {
  const seen: PromptTurn[] = []
  const predicted: (S | null)[] = []
  for (const turn of turns) {
    const score = isAnnotated(which, turn, mask) ? await predict([...seen, turn]) : null
    predicted.push(score)
    seen.push(score ? { value: turn.value, from: turn.from, label: score.label } : turn)
  }
  return predicted
}

/** A conversation, and the speaker who is its user. */
interface MaskedTurns {
  readonly system: string
  readonly turns: readonly PromptTurn[]
  readonly mask?: string | null | undefined
}

/** Scores the last turn of a conversation; the value models of stages have this method. */
interface TurnScorer<S> {
  scoreTurn(turn: MaskedTurns, signal: AbortSignal): Promise<S>
}

/** Scores the turns of a conversation with one model. */
export const scoreConversation = <S extends { readonly label: string }>(
  model: TurnScorer<S>,
  { system, turns, mask }: MaskedTurns,
  which: AnnotatedTurns,
  signal: AbortSignal,
): Promise<(S | null)[]> =>
  scoreTurns(turns, which, seen => model.scoreTurn({ system, turns: seen, mask }, signal), mask)
