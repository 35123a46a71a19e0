import type { PromptTurn } from './prompt.js'

/** Which turns get a predicted label: all, as the original does, or those of the assistant only. */
export type AnnotatedTurns = 'all' | 'assistant'

/** Predicts the label of the last of `turns`. */
export type PredictLabel<S> = (turns: readonly PromptTurn[]) => Promise<S>

/**
 * Scores the turns of a conversation one after another, since the labels predicted for earlier turns are part of the
 * prompt of later ones (docs/reference/loss-masks.md#prompts-at-inference). Null for a turn that is not scored.
 */
export async function scoreTurns<S extends { readonly label: string }>(
  turns: readonly PromptTurn[],
  which: AnnotatedTurns,
  predict: PredictLabel<S>,
): Promise<(S | null)[]> {
  const seen: PromptTurn[] = []
  const predicted: (S | null)[] = []
  for (const turn of turns) {
    const score = which === 'all' || turn.from === 'Assistant' ? await predict([...seen, turn]) : null
    predicted.push(score)
    seen.push(score ? { value: turn.value, from: turn.from, label: score.label } : turn)
  }
  return predicted
}

/** What scores the last turn of a conversation; the value models of stages are such. */
interface TurnScorer<S> {
  scoreTurn(turn: { readonly system: string; readonly turns: readonly PromptTurn[] }, signal: AbortSignal): Promise<S>
}

/** Scores the turns of a conversation by one model. */
export const scoreConversation = <S extends { readonly label: string }>(
  model: TurnScorer<S>,
  { system, turns }: { readonly system: string; readonly turns: readonly PromptTurn[] },
  which: AnnotatedTurns,
  signal: AbortSignal,
): Promise<(S | null)[]> => scoreTurns(turns, which, seen => model.scoreTurn({ system, turns: seen }, signal))
