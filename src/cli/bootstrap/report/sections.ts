import { type Round, type Verdict } from '../../../domain/bootstrap/round.js'
import { attributesSection } from './attributes-section.js'
import { courseSection } from './course-section.js'
import { count, percent, share, unknown } from './numbers.js'
import { distributionsSection } from './distributions-section.js'
import { type Report, type ReportedRound, subject } from './report.js'
import { type Section } from './section.js'

/** Every part of a report that is a table, in order. */
export function sectionsOf(report: Report): {
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
  note: 'Fixed when it was opened.',
  head: ['', ''],
  rows: [
    ['purpose', round.purpose === 'train' ? 'to train on' : 'to measure the model; nothing is trained on'],
    ['sampled model', `${round.policy.model} (${round.policy.digest.slice(0, 12)})`],
    ['value model', round.value_model.slice(0, 12)],
    ['prompts', `${count(round.prompts.count)} from ${round.plan.prompts.from}`],
    ['answers of a prompt', count(round.plan.samples)],
    [
      'sampling',
      `temperature ${round.plan.sampling.temperature}, top-p ${round.plan.sampling.topP}, top-k ${round.plan.sampling.topK}, seed ${round.plan.seed}`,
    ],
    ['gate', `${round.plan.gate.mode}, at most ${round.plan.gate.keep} accepted of a prompt`],
    [
      'asked for',
      round.labels.length === 1 ? round.labels[0]! : `${round.labels.length} lines, e.g. ${round.labels[0]}`,
    ],
    ['trained model', model?.model ?? unknown],
  ],
})

const verdict = ({ round, verdict }: ReportedRound): Section => ({
  title: 'What the stop rule says',
  note:
    verdict === null
      ? 'It has not spoken yet.'
      : `${wordOf(round, verdict)}: ${verdict.rule === 'measured' ? 'every rule held' : verdict.rule}. Best model measured so far: ${verdict.best.model} (${verdict.best.digest.slice(0, 12)}).`,
  head: ['rule', 'value', 'demanded', 'held'],
  rows: (verdict?.gates ?? []).map(({ rule, value, threshold, held }) => [
    rule,
    typeof value === 'number' ? String(value) : (value ?? unknown),
    threshold === null ? 'nothing' : `${demand(rule)} ${threshold}`,
    held ? 'yes' : 'no',
  ]),
})

/** The verdict in a word. */
export const wordOf = ({ purpose }: Round, { go }: Verdict): string =>
  go ? 'Go on' : purpose === 'measure' ? 'Measured' : 'Stop'

const demand = (rule: string): string =>
  rule === 'acceptance' ? 'at least' : rule.startsWith('gain') ? 'interval above' : 'at most'

const prompts = ({ summary: { prompts } }: ReportedRound): Section => ({
  title: 'Prompts by their end',
  note: `Each of the ${count(prompts.expected)} prompts has exactly one.`,
  head: ['end', 'prompts', 'share'],
  rows: promptEnds.map(([key, name]) => [name, count(prompts[key]), percent(share(prompts[key], prompts.expected))]),
})

/** The ends of prompts, as they are named. */
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
    note: 'Accepted and negative ones go on to be sealed; those that are too many or too alike in the whole round are left out at the snapshot.',
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
  title: 'Answers refused, by rule',
  note: 'An answer may be against several rules.',
  head: ['rule', 'answers', 'share'],
  rows: againstRules(against).map(([rule, value]) => [rule, count(value), percent(share(value, answers.sampled))]),
})

/** Rules with the answers that they were against, most first. */
export const againstRules = (against: Readonly<Record<string, number>>): readonly (readonly [string, number])[] =>
  Object.entries(against).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
