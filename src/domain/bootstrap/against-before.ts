import { pairedDifference } from '../statistics/paired-difference.js'
import type { FiguresByPrompt, PromptFigures } from './prompt-figures.js'
import type { RoundSummary } from './summary.js'

/** The figures of an earlier round. */
export interface EarlierRound {
  readonly round: string
  readonly prompts: FiguresByPrompt
}

const measures = {
  goodness: ({ goodness }) => goodness,
  chars: ({ logChars }) => logChars,
  unique_words: ({ uniqueWords }) => uniqueWords,
  acceptance: ({ accepted }) => accepted,
} as const satisfies Record<string, (figures: PromptFigures) => number>

/** This round minus an earlier one, over the prompts that both asked, measure by measure, with intervals. */
export async function againstBefore(
  now: FiguresByPrompt,
  before: EarlierRound,
  confidence: number,
): Promise<NonNullable<RoundSummary['against_before']>> {
  const pairs = [...now].flatMap(([id, figures]) => {
    const earlier = before.prompts.get(id)
    return earlier ? [[figures, earlier] as const] : []
  })
  const difference = async (of: (figures: PromptFigures) => number) =>
    pairedDifference(
      pairs.map(([figures, earlier]) => of(figures) - of(earlier)).filter(value => !Number.isNaN(value)),
      confidence,
    )
  const slope = pointsByLength(pairs.flat())
  return {
    round: before.round,
    goodness: await difference(measures.goodness),
    goodness_at_equal_length: await difference(({ goodness, byLength }) => goodness - slope * byLength.mean),
    points_by_length: slope,
    chars: await difference(measures.chars),
    unique_words: await difference(measures.unique_words),
    acceptance: await difference(measures.acceptance),
  }
}

/**
 * The points of goodness that an e-fold longer answer gains, within prompts. The gain of a round beyond them is its gain at
 * equal length (after length-controlled AlpacaEval: Dubois et al., 2024). 0 if lengths do not differ.
 */
function pointsByLength(figures: readonly PromptFigures[]): number {
  const sum = (of: (figures: PromptFigures) => number): number => figures.reduce((total, one) => total + of(one), 0)
  const squares = sum(({ byLength }) => byLength.squares)
  return squares > 0 ? sum(({ byLength }) => byLength.products) / squares : 0
}
