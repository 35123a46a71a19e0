import type { Rule } from '../finding.js'
import { spelled } from '../words.js'

/** The tutorial mixes two sets of prompt tokens: docs/reference/loss-masks.md#prompt-tokens. */
export const promptTokens: Rule = {
  id: 'prompt-tokens',
  severity: 'error',
  title: 'other prompt tokens in training than conversations are cleaned, annotated and asked with',
  check: ({ tokens, role }, around) => {
    if (tokens === null || spelled(tokens) === spelled(around.tokens)) return []
    return [
      {
        text: `it trains with ${spelled(tokens)}; ${around.tokensOf} ${spelled(around.tokens)}`,
        next: 'use one set throughout: promptTokens in steerflow.yaml for what cleans and asks, the settings of the dataset for what trains',
        // A value model is asked with tokens that it has never seen; of the other, lengths differ, and `ask` can be told.
        ...(role === 'steerlm' && { severity: 'warning' as const }),
      },
    ]
  },
}
