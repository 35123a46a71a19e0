import type { PairedDifference } from '../../../domain/bootstrap/summary.js'
import { thousands } from '../../render/bars.js'

/** Printed in place of unknown values. */
export const unknown = '–'

type Known = number | null | undefined

export const count = (value: Known): string => (value == null ? unknown : thousands(value))

/** Three decimals by default: fewer would hide a gain. */
export const figure = (value: Known, places = 3): string => (value == null ? unknown : value.toFixed(places))

export const percent = (value: Known): string => (value == null ? unknown : `${(100 * value).toFixed(1)}%`)

/** A ratio; null if `whole` is 0. */
export const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`

/** A difference with its interval: `+0.120 (+0.080 to +0.160)`. */
export function difference(of: PairedDifference | undefined): string {
  if (of === undefined || of.mean === null) return unknown
  if (of.low === null || of.high === null) return signed(of.mean)
  return `${signed(of.mean)} (${signed(of.low)} to ${signed(of.high)})`
}
