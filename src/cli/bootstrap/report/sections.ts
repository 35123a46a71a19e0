import { count, difference, figure, percent, share, unknown } from './numbers.js'
import { type RoundReport, type ReportedRound, subject } from './report.js'
import type { Section } from './markup.js'
import { populationStability } from '../../../domain/population-stability.js'
import type { Round, RoundVerdict } from '../../../domain/bootstrap/round.js'
import { distributionsSection } from './distributions-section.js'

/** The rounds of the loop, one per column. */
export function courseSection({ rounds }: RoundReport): Section {
  const row = (name: string, of: (round: ReportedRound) => string): string[] => [name, ...rounds.map(of)]
  return {
    title: 'From round to round',
    note: 'Differences are over the prompts that both rounds share, with their interval.',
    head: ['', ...rounds.map(({ round }) => round.round)],
    rows: [
      row('sampled model', ({ round }) => round.policy.model),
      row('acceptance', ({ summary }) => percent(summary.acceptance)),
      row('goodness', ({ summary }) => figure(summary.goodness.mean)),
      row('· difference', ({ summary }) => difference(summary.against_before?.goodness)),
      row('· difference at equal length', ({ summary }) =>
        difference(summary.against_before?.goodness_at_equal_length),
      ),
      row('· prompts compared', ({ summary }) => count(summary.against_before?.goodness.pairs)),
      row('characters', ({ summary }) => figure(summary.chars.mean, 0)),
      row('· difference of logarithm', ({ summary }) => difference(summary.against_before?.chars)),
      row('· times the training answer', ({ summary }) => figure(summary.length_ratio.mean, 2)),
      row('unique words', ({ summary }) => figure(summary.unique_words.mean)),
      row('· difference', ({ summary }) => difference(summary.against_before?.unique_words)),
      row('near-duplicates', ({ summary }) => percent(share(summary.near_duplicates, summary.answers.sampled))),
      row('goodness with length', ({ summary }) => figure(summary.length_correlation, 2)),
    ],
  }
}

/** Attributes: requested, predicted, and compared with the round before. */
export function attributesSection(report: RoundReport): Section {
  const { now, before } = subject(report)
  const earlier = before?.summary.attributes ?? {}
  return {
    title: 'Attributes',
    note: 'Means over scored answers; distance: mean of |predicted − asked|; shift: population stability index against the round before (below 0.1: small, above 0.25: large).',
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

/** All tables of a report. */
export function sectionsOf(report: RoundReport): {
  readonly plan: Section
  readonly verdict: Section
  readonly prompts: Section
  readonly answers: Section
  readonly rules: Section
  readonly attributes: Section
  readonly distributions: Section
  readonly course: Section
} {
  const { now } = subject(report)
  return {
    plan: plan(now),
    verdict: verdict(now),
    prompts: prompts(now),
    answers: answers(now),
    rules: rules(now),
    attributes: attributesSection(report),
    distributions: distributionsSection(report),
    course: courseSection(report),
  }
}

const plan = ({ round, model }: ReportedRound): Section => ({
  title: 'The round',
  note: 'Fixed when the round was opened.',
  head: ['', ''],
  rows: [
    ['purpose', round.purpose === 'train' ? 'training' : 'measuring the model, without training'],
    ['sampled model', `${round.policy.model} (${round.policy.digest.slice(0, 12)})`],
    ['value model', round.value_model.slice(0, 12)],
    ['prompts', `${count(round.prompts.count)} from ${round.plan.prompts.from}`],
    ['answers per prompt', count(round.plan.samples)],
    [
      'sampling',
      `temperature ${round.plan.sampling.temperature}, top-p ${round.plan.sampling.topP}, top-k ${round.plan.sampling.topK}, seed ${round.plan.seed}`,
    ],
    ['gate', `${round.plan.gate.mode}, at most ${round.plan.gate.keep} accepted per prompt`],
    [
      'requested',
      round.labels.length === 1 ? round.labels[0]! : `${round.labels.length} lines, e.g. ${round.labels[0]}`,
    ],
    ['trained model', model?.model ?? unknown],
  ],
})

const verdict = ({ round, verdict }: ReportedRound): Section => ({
  title: 'Stop rule',
  note:
    verdict === null
      ? 'Not decided yet.'
      : `${wordOf(round, verdict)}: ${verdict.rule === 'measured' ? 'every rule held' : verdict.rule}. Best model measured so far: ${verdict.best.model} (${verdict.best.digest.slice(0, 12)}).`,
  head: ['rule', 'value', 'required', 'held'],
  rows: (verdict?.gates ?? []).map(({ rule, value, threshold, held }) => [
    rule,
    typeof value === 'number' ? String(value) : (value ?? unknown),
    threshold === null ? 'nothing' : `${demand(rule)} ${threshold}`,
    held ? 'yes' : 'no',
  ]),
})

/** The verdict as one word or two. */
export const wordOf = ({ purpose }: Round, { go }: RoundVerdict): string =>
  go ? 'Go on' : purpose === 'measure' ? 'Measured' : 'Stop'

const demand = (rule: string): string =>
  rule === 'acceptance' ? 'at least' : rule.startsWith('gain') ? 'interval above' : 'at most'

const prompts = ({ summary: { prompts } }: ReportedRound): Section => ({
  title: 'Prompts by outcome',
  note: `Each of the ${count(prompts.expected)} prompts has exactly one outcome.`,
  head: ['outcome', 'prompts', 'share'],
  rows: promptEnds.map(([key, name]) => [name, count(prompts[key]), percent(share(prompts[key], prompts.expected))]),
})

/** Outcomes of prompts, with their printed names. */
export const promptEnds = [
  ['sealed', 'sealed'],
  ['measured', 'accepted, only measured'],
  ['rejected', 'rejected'],
  ['dropped', 'dropped by clean'],
  ['dead_lettered', 'dead letters'],
] as const

const answers = ({ summary: { answers, finish } }: ReportedRound): Section => {
  const row = (name: string, value: number): string[] => [name, count(value), percent(share(value, answers.sampled))]
  return {
    title: 'Answers',
    note: 'Accepted answers and negatives are sealed; the snapshot leaves out surplus and near-duplicate answers of the whole round.',
    head: ['', 'answers', 'share'],
    rows: [
      row('sampled', answers.sampled),
      row('accepted', answers.accepted),
      row('kept as negatives', answers.negatives),
      row('sealed', answers.sealed),
      row('dropped by clean', answers.dropped),
      row('lost as dead letters', answers.lost),
      ...Object.entries(finish).map(([how, value]) => row(`ended: ${how}`, value)),
    ],
  }
}

const rules = ({ summary: { against, answers } }: ReportedRound): Section => ({
  title: 'Rejected answers by rule',
  note: 'An answer may violate several rules.',
  head: ['rule', 'answers', 'share'],
  rows: againstRules(against).map(([rule, value]) => [rule, count(value), percent(share(value, answers.sampled))]),
})

/** Rules with the number of answers that violate them, most frequent first. */
export const againstRules = (against: Readonly<Record<string, number>>): readonly (readonly [string, number])[] =>
  Object.entries(against).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
