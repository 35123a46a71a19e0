import type { Rule } from '../finding.js'
import { spelled } from '../words.js'

/** The tutorial mixes two sets of prompt tokens: docs/reference/loss-masks.md#prompt-tokens. */
export const promptTokens: Rule = {
  id: 'prompt-tokens',
  severity: 'error',
  title: 'training uses other prompt tokens than cleaning, annotating and asking',
  check: ({ tokens, role }, around) => {
    if (tokens === null || spelled(tokens) === spelled(around.tokens)) return []
    return [
      {
        text: `it trains with ${spelled(tokens)}; ${around.tokensOf} ${spelled(around.tokens)}`,
        next: 'use one set throughout: promptTokens in steerflow.yaml for cleaning and asking, the settings of the dataset for training',
        // A value model would get tokens it has never seen. With a SteerLM model lengths differ, and `ask` accepts tokens.
        ...(role === 'steerlm' && { severity: 'warning' as const }),
      },
    ]
  },
}
