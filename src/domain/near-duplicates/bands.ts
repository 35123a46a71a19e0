import { sharedShare, signatureWords } from './signature.js'
import { SteerflowError } from '../errors.js'

/** The range of thresholds: below the least, texts are not near-duplicates, and bands would not find them. */
export const thresholds = { least: 0.7, usual: 0.8, most: 1 } as const

/** Components in a band: those of one word of the signature. */
const rows = 8
/** The share of pairs exactly at the threshold that must share a band. */
const recall = 0.99

/**
 * The number of bands for a threshold. Texts become candidates if all components of a band are equal. This is the smallest
 * number that finds 99 of 100 pairs at the threshold: 22 at 0.8, which find 99.96 at 0.85.
 * @throws STEERFLOW_CONFIG_INVALID for a threshold below 0.7 or above 1.
 */
export function bandsFor(threshold: number): number {
  if (!(threshold >= thresholds.least && threshold <= thresholds.most)) {
    const range = `from ${thresholds.least} to ${thresholds.most}`
    throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `a near-duplicate threshold is ${range}, not ${threshold}`)
  }
  const band = sharedShare(threshold) ** rows
  const bands = band === 1 ? 1 : Math.ceil(Math.log(1 - recall) / Math.log(1 - band))
  return Math.min(bands, signatureWords)
}
