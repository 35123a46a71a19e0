import { percent, share } from './numbers.js'
import { type RoundReport, subject } from './report.js'
import type { Section } from './markup.js'

export type Values = Readonly<Record<string, number>>

/** Predicted values of an attribute in the reported round and in the round before; null if it has none. */
export interface AttributeDistribution {
  readonly attribute: string
  readonly now: Values
  readonly before: Values | null
}

export function distributionsOf(report: RoundReport): readonly AttributeDistribution[] {
  const { now, before } = subject(report)
  const earlier = before?.summary.attributes ?? {}
  return Object.entries(now.summary.attributes).map(([attribute, { values }]) => ({
    attribute,
    now: values,
    before: Object.hasOwn(earlier, attribute) ? earlier[attribute]!.values : null,
  }))
}

/** All occurring values, in ascending order. */
export const valuesOf = (histograms: readonly Values[]): readonly number[] =>
  [...new Set(histograms.flatMap(values => Object.keys(values)))].map(Number).sort((a, b) => a - b)

/** Share of a value; null if there are no values. */
export const shareOf = (values: Values, value: number): number | null =>
  share(
    values[value] ?? 0,
    Object.values(values).reduce((sum, answers) => sum + answers, 0),
  )

/** Shares of predicted values; those of the round before are in brackets. */
export function distributionsSection(report: RoundReport): Section {
  const rows = distributionsOf(report)
  const points = valuesOf(rows.flatMap(({ now, before }) => [now, before ?? {}]))
  return {
    title: 'Predicted values',
    note: 'Share of scored answers by value; the round before in brackets.',
    head: ['attribute', ...points.map(String)],
    rows: rows.map(({ attribute, now, before }) => [
      attribute,
      ...points.map(point => {
        const old = before === null ? '' : ` (${percent(shareOf(before, point))})`
        return `${percent(shareOf(now, point))}${old}`
      }),
    ]),
  }
}
