import { type GateResult } from '../gates/gate.js'
import { type Policy, type Round, type Verdict } from './round.js'
import { type StopRules } from './round-plan.js'
import { type PairedDifference, type RoundSummary } from './summary.js'

/** A round with what it came to. */
export interface MeasuredRound {
  readonly round: Round
  readonly summary: RoundSummary
}

/** Below this many scored answers a rank correlation says more about chance than about the answers. */
const leastAnswers = 30

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6 || 0

const rounds = ({ number, purpose }: Round, rules: StopRules): readonly GateResult[] =>
  purpose === 'measure'
    ? []
    : [{ rule: 'rounds', value: number, threshold: rules.rounds, held: number <= rules.rounds }]

function acceptance({ acceptance }: RoundSummary, rules: StopRules): GateResult {
  const value = acceptance ?? 0
  return { rule: 'acceptance', value: rounded(value), threshold: rules.acceptance, held: value >= rules.acceptance }
}

/** The whole interval of the gain lies above 0: less is noise. What nobody could measure is no gain. */
function gain({ against_before: before }: RoundSummary): readonly GateResult[] {
  if (before === null) return []
  const { low } = before.goodness
  return [{ rule: 'gain', value: low === null ? null : rounded(low), threshold: 0, held: low !== null && low > 0 }]
}

/** A guard falls when a figure moves beyond its bound and the interval of the movement does not hold 0. */
const moved = ({ low, high }: PairedDifference): boolean => low !== null && high !== null && (low > 0 || high < 0)

function guards({ against_before: before, ...summary }: RoundSummary, rules: StopRules): readonly GateResult[] {
  const guard = (rule: string, value: number | null, threshold: number, fell: boolean): GateResult =>
    rules.guards
      ? { rule, value: value === null ? null : rounded(value), threshold, held: !fell }
      : { rule, value: value === null ? null : rounded(value), threshold: null, held: true }
  const correlation = summary.goodness.count < leastAnswers ? null : summary.length_correlation
  const { lengthCorrelation: most } = rules
  const byLength = guard('length correlation', correlation, most, correlation !== null && correlation > most)
  if (before === null) return [byLength]
  const growth = before.chars.mean === null ? null : Math.exp(before.chars.mean)
  const longer = growth !== null && growth > rules.maxLengthGrowth && moved(before.chars)
  const loss = before.unique_words.mean === null ? null : -before.unique_words.mean
  const alike = loss !== null && loss > rules.maxDiversityLoss && moved(before.unique_words)
  return [
    guard('length growth', growth, rules.maxLengthGrowth, longer),
    guard('diversity loss', loss, rules.maxDiversityLoss, alike),
    byLength,
  ]
}

/** How far answers are from what was asked for, as a mean over attributes: on record, nothing is demanded. */
function adherence({ attributes }: RoundSummary): GateResult {
  const distances = Object.values(attributes).flatMap(({ distance }) => (distance === null ? [] : [distance]))
  const sum = distances.reduce((total, distance) => total + distance, 0)
  const value = distances.length === 0 ? null : rounded(sum / distances.length)
  return { rule: 'distance to what was asked', value, threshold: null, held: true }
}

/** Every rule's word on a round, in the order in which they are recorded. */
const gatesOf = ({ round, summary }: MeasuredRound, rules: StopRules): readonly GateResult[] => [
  ...rounds(round, rules),
  acceptance(summary, rules),
  ...gain(summary),
  ...guards(summary, rules),
  adherence(summary),
]

const held = (results: readonly GateResult[]): boolean => results.every(gate => gate.held)

/**
 * The best model measured so far. Answers of a round measure the model that gave them: it becomes the best where it is
 * shown to be better than the best so far, which it was compared with, and no guard fell. So the best checkpoint is kept,
 * not the last: in HelpSteer2 a later model was better by one benchmark and worse by another.
 * @param measured rounds in their order, at least one
 */
function bestOf(measured: readonly MeasuredRound[], rules: StopRules): Policy {
  return measured.reduce((best, next) => {
    const { summary } = next
    const against = summary.against_before?.round === best.round.round
    return against && held([acceptance(summary, rules), ...gain(summary), ...guards(summary, rules)]) ? next : best
  }).round.policy
}

/** What a round is for: after the rounds that train one more measures the last model. */
export const purposeOf = (number: number, rules: StopRules): Round['purpose'] =>
  number <= rules.rounds ? 'train' : 'measure'

/**
 * The stop rule (alignment §5.9 to 5.11): whether to train on a round that has closed, and which model is the best so far.
 * A round that only measures never goes on.
 * @param earlier rounds of the loop before it, in their order
 */
export function judgeRound(
  state: MeasuredRound & { readonly earlier: readonly MeasuredRound[] },
  rules: StopRules,
): Verdict {
  const gates = gatesOf(state, rules)
  const against = gates.filter(gate => !gate.held).map(({ rule }) => rule)
  const measure = state.round.purpose === 'measure'
  return {
    go: !measure && against.length === 0,
    rule: against.length > 0 ? against.join(' and ') : measure ? 'measured' : 'every rule held',
    gates: [...gates],
    best: bestOf([...state.earlier, state], rules),
  }
}
