import { populationStability } from '../../../domain/population-stability.js'
import { figure } from './numbers.js'
import { type Report, subject } from './report.js'
import { type Section } from './section.js'

/** Attributes as asked for, as predicted, and against the round before. */
export function attributesSection(report: Report): Section {
  const { now, before } = subject(report)
  const earlier = before?.summary.attributes ?? {}
  return {
    title: 'Attributes',
    note: 'Means over scored answers; distance: mean of |predicted − asked|; shift: population stability index against the round before, below 0.1 little, above 0.25 much.',
    head: ['attribute', 'asked', 'predicted', 'sd', 'before', 'distance', 'before', 'shift'],
    rows: Object.entries(now.summary.attributes).map(([key, { asked, predicted, distance, values }]) => {
      const old = Object.hasOwn(earlier, key) ? earlier[key] : undefined
      return [
        key,
        figure(asked.mean, 2),
        figure(predicted.mean, 2),
        figure(predicted.sd, 2),
        figure(old?.predicted.mean, 2),
        figure(distance, 2),
        figure(old?.distance, 2),
        figure(old && populationStability(old.values, values)),
      ]
    }),
  }
}
