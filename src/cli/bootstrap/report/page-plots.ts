import { distributionsOf, shareOf, valuesOf } from './distributions-section.js'
import type { Markup } from './markup.js'
import { count, percent, share } from './numbers.js'
import { barPlot } from './plots/bar-plot.js'
import { coursePlot, type Point } from './plots/course-plot.js'
import { dumbbellPlot } from './plots/dumbbell-plot.js'
import { histogram } from './plots/histogram.js'
import { type RoundReport, type ReportedRound, subject } from './report.js'
import { againstRules, promptEnds } from './sections.js'

/** A plot with a name. */
export interface Named {
  readonly name: string
  readonly plot: Markup
}

export function promptsPlot(report: RoundReport): Markup {
  const { prompts } = subject(report).now.summary
  const described = {
    id: 'prompts',
    title: 'Prompts by outcome',
    description: 'One bar per outcome; the table has the figures.',
  }
  const bars = promptEnds.map(([key, name]) => ({ name, value: prompts[key], label: count(prompts[key]) }))
  return barPlot(described, bars, prompts.expected)
}

export function rulesPlot(report: RoundReport): Markup {
  const { against, answers } = subject(report).now.summary
  const rules = againstRules(against)
  const bars = rules.map(([name, value]) => ({ name, value, label: percent(share(value, answers.sampled)) }))
  const description = 'One bar per rule, the most frequent first; the table has the figures.'
  return barPlot({ id: 'rules', title: 'Rejected answers by rule', description }, bars, rules[0]?.[1] ?? 1)
}

export function attributesPlot(report: RoundReport): Markup {
  const { now, before } = subject(report)
  const earlier = before?.summary.attributes ?? {}
  const rows = Object.entries(now.summary.attributes).map(([name, { asked, predicted }]) => ({
    name,
    asked: asked.mean,
    now: predicted.mean,
    before: Object.hasOwn(earlier, name) ? earlier[name]!.predicted.mean : null,
  }))
  const description =
    'One row per attribute: a ring for the requested value, a dot for the prediction, a diamond for the round before.'
  return dumbbellPlot({ id: 'attributes', title: 'Requested and predicted attributes', description }, rows)
}

export function distributionPlots(report: RoundReport): readonly Named[] {
  const all = distributionsOf(report)
  const points = valuesOf(all.flatMap(({ now, before }) => [now, before ?? {}]))
  return all.map(({ attribute, now, before }, index) => {
    const columns = points.map(value => ({
      value,
      now: shareOf(now, value) ?? 0,
      before: before === null ? null : (shareOf(before, value) ?? 0),
    }))
    const title = `Predicted values of ${attribute}, in percent`
    const description = 'Two columns per value, the round before first; the table has the figures.'
    return { name: attribute, plot: histogram({ id: `values-${index}`, title, description }, columns) }
  })
}

/** The figures plotted over the rounds. */
const courses: readonly {
  readonly name: string
  readonly of: (round: ReportedRound) => Omit<Point, 'round'>
  readonly zero?: true
}[] = [
  {
    name: 'Gain in goodness over the round before',
    of: ({ summary: { against_before: before } }) => ({
      value: before?.goodness.mean ?? null,
      low: before?.goodness.low ?? null,
      high: before?.goodness.high ?? null,
    }),
    zero: true,
  },
  { name: 'Goodness', of: ({ summary }) => ({ value: summary.goodness.mean }) },
  { name: 'Acceptance', of: ({ summary }) => ({ value: summary.acceptance }) },
  { name: 'Characters of an answer', of: ({ summary }) => ({ value: summary.chars.mean }) },
  { name: 'Unique words', of: ({ summary }) => ({ value: summary.unique_words.mean }) },
  {
    name: 'Near-duplicates',
    of: ({ summary }) => ({ value: share(summary.near_duplicates, summary.answers.sampled) }),
  },
]

export const coursePlots = ({ rounds }: RoundReport): readonly Named[] =>
  courses.map(({ name, of, zero }, index) => {
    const points = rounds.map(round => ({ round: round.round.round, ...of(round) }))
    const description = `One point per round${zero ? ' with its interval, and a line at 0' : ''}; the table has the figures.`
    return { name, plot: coursePlot({ id: `course-${index}`, title: `${name}, by round`, description }, points, zero) }
  })
