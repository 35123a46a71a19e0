import { costOfTokens, type TokenPrice } from '../../domain/cost.js'
import type { Estimate } from '../annotate-file/estimate.js'
import { table, thousands } from './bars.js'

/** An amount of money, with useful precision. */
export const money = (sum: number): string => (sum >= 100 ? thousands(Math.round(sum)) : sum.toPrecision(3))

export const estimateJson = (made: Estimate, price: TokenPrice | undefined): string =>
  `${JSON.stringify({ ...made, cost: price ? costOfTokens(made.tokens, price) : null })}\n`

/** An estimate as a table. */
export function estimateText(made: Estimate, price: TokenPrice | undefined): string {
  const { records, rejected, turns, known, calls, tokens } = made
  const rows = [
    ['records', thousands(records), rejected > 0 ? `${thousands(rejected)} more lines cannot be annotated` : ''],
    ['turns to score', thousands(turns), known > 0 ? `${thousands(known)} of them share the prompt of another` : ''],
    ['calls', thousands(calls), ''],
    ['prompt tokens', thousands(tokens.prompt), 'with the shipped tokenizer; other tokenizers differ'],
    ['completion tokens', thousands(tokens.completion), ''],
    ...(price ? [['cost', money(costOfTokens(tokens, price)), '']] : []),
  ]
  return `${table(rows, [0, 2]).join('\n')}\n`
}
