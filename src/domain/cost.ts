/** The price of tokens, in any one currency. */
export interface TokenPrice {
  readonly perMillionPromptTokens: number
  readonly perMillionCompletionTokens: number
}

/** Numbers of prompt and completion tokens. */
export interface Tokens {
  readonly prompt: number
  readonly completion: number
}

/** The sum of all. */
export const sumTokens = (all: readonly Tokens[]): Tokens => ({
  prompt: all.reduce((sum, { prompt }) => sum + prompt, 0),
  completion: all.reduce((sum, { completion }) => sum + completion, 0),
})

const million = 1_000_000
const secondsAnHour = 3600

/**
 * Cost of a million records on servers that are paid by the hour, busy or not: all servers, for the whole time. Null if no
 * record was processed, or if a server's price is unknown, since the sum of the known prices would be too low.
 * @param pricesPerHour one for each server in use; null if unknown
 */
export function perMillionByTime(
  records: number,
  seconds: number,
  pricesPerHour: readonly (number | null)[],
): number | null {
  let perHour = 0
  for (const price of pricesPerHour) {
    if (price === null) return null
    perHour += price
  }
  return pricesPerHour.length === 0 ? null : perMillion(records, (perHour * seconds) / secondsAnHour)
}

/** Cost of tokens. */
export const costOfTokens = (tokens: Tokens, price: TokenPrice): number =>
  (tokens.prompt * price.perMillionPromptTokens + tokens.completion * price.perMillionCompletionTokens) / million

/** Cost of a million records if each token is paid for, extrapolated from `records`; null if there are none. */
export const perMillionByTokens = (records: number, tokens: Tokens, price: TokenPrice): number | null =>
  perMillion(records, costOfTokens(tokens, price))

const perMillion = (records: number, cost: number): number | null => (records > 0 ? (cost / records) * million : null)
