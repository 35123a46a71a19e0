import type { Round, Policy, RoundVerdict } from './round.js'
import type { RoundSummary, PairedDifference } from './summary.js'
import type { GateResult } from '../gates/gate.js'
import type { StopRules } from './round-plan.js'

/** A round with what it came to. */
export interface MeasuredRound {
  readonly round: Round
  readonly summary: RoundSummary
}

/** A mean of differences with its interval. */
export interface Movement {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** The chain of comparisons that ends with a round: the round itself, the one it is compared with, and so on. */
export function comparedBack(last: MeasuredRound, earlier: readonly MeasuredRound[]): readonly MeasuredRound[] {
  const chain = [last]
  for (let next: MeasuredRound | undefined = last; next;) {
    const against: string | undefined = next.summary.against_before?.round
    next = earlier.find(({ round }) => round.round === against && !chain.some(one => one.round.round === against))
    if (next) chain.push(next)
  }
  return chain
}

/**
 * How far a figure has moved since the first round of a chain of comparisons: the sum of the differences. Drift that stays
 * below a bound from each round to the next would otherwise pass it unseen. Half the width of the interval is the root of
 * the sum of squares, as of independent differences: wider than need be, since neighbours share a round with opposite
 * signs. Null when a difference is not known.
 */
export function sinceFirst(chain: readonly MeasuredRound[], figure: 'chars' | 'unique_words'): Movement | null {
  let [sum, squares] = [0, 0]
  for (const { summary } of chain) {
    if (summary.against_before === null) continue
    const { mean, low, high } = summary.against_before[figure]
    if (mean === null || low === null || high === null) return null
    sum += mean
    squares += ((high - low) / 2) ** 2
  }
  return { mean: sum, low: sum - Math.sqrt(squares), high: sum + Math.sqrt(squares) }
}

/** A round with those of its loop before it, in their order. */
interface Judged extends MeasuredRound {
  readonly earlier: readonly MeasuredRound[]
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
const above = (rule: string, { low }: PairedDifference): GateResult => ({
  rule,
  value: low === null ? null : rounded(low),
  threshold: 0,
  held: low !== null && low > 0,
})

/** A gain, and that it does not come from length alone, as of a model that has learnt what its judge pays for. */
function gain({ against_before: before }: RoundSummary, rules: StopRules): readonly GateResult[] {
  if (before === null) return []
  const atLength = above('gain at equal length', before.goodness_at_equal_length)
  const any = above('gain', before.goodness)
  // Of no gain there is none to be explained.
  return [any, rules.guards && any.held ? atLength : { ...atLength, threshold: null, held: true }]
}

/** A guard falls when a figure moves beyond its bound and the interval of the movement does not hold 0. */
const moved = ({ low, high }: Movement): boolean => low > 0 || high < 0

/** Guards of what may drift from round to round. */
function drift({ earlier, ...last }: Judged, rules: StopRules): readonly GateResult[] {
  if (last.summary.against_before === null) return []
  const chain = comparedBack(last, earlier)
  const [chars, words] = [sinceFirst(chain, 'chars'), sinceFirst(chain, 'unique_words')]
  const growth = chars && Math.exp(chars.mean)
  const loss = words && -words.mean
  return [
    guard('length growth', growth, rules, rules.maxLengthGrowth, chars !== null && moved(chars)),
    guard('diversity loss', loss, rules, rules.maxDiversityLoss, words !== null && moved(words)),
  ]
}

function lengthCorrelation({ summary }: Judged, rules: StopRules): GateResult {
  const known = summary.goodness.count < leastAnswers ? null : summary.length_correlation
  return guard('length correlation', known, rules, rules.lengthCorrelation, true)
}

/** A guard that falls above its bound, where that is more than chance. */
function guard(rule: string, value: number | null, rules: StopRules, most: number, sure: boolean): GateResult {
  const seen = value === null ? null : rounded(value)
  const held = value === null || value <= most || !sure
  return rules.guards
    ? { rule, value: seen, threshold: most, held }
    : { rule, value: seen, threshold: null, held: true }
}

/** How far answers are from what was asked for, as a mean over attributes: on record, nothing is demanded. */
function adherence({ attributes }: RoundSummary): GateResult {
  const distances = Object.values(attributes).flatMap(({ distance }) => (distance === null ? [] : [distance]))
  const sum = distances.reduce((total, distance) => total + distance, 0)
  const value = distances.length === 0 ? null : rounded(sum / distances.length)
  return { rule: 'distance to what was asked', value, threshold: null, held: true }
}

/** The rules on what the round's answers say of their model, in the order in which they are recorded. */
const measures = (state: Judged, rules: StopRules): readonly GateResult[] => [
  acceptance(state.summary, rules),
  ...gain(state.summary, rules),
  ...drift(state, rules),
  lengthCorrelation(state, rules),
]

const held = (results: readonly GateResult[]): boolean => results.every(gate => gate.held)

/**
 * The best model measured so far. Answers of a round measure the model that gave them: it becomes the best where it is
 * shown to be better than the best so far, which it was compared with, and no guard fell. So the best checkpoint is kept,
 * not the last: in HelpSteer2 a later model was better by one benchmark and worse by another. When length or diversity has
 * drifted beyond its bound, what the judge gave on the way there is doubtful too: then the model is kept from which the
 * drift began.
 * @param measured rounds in their order, at least one
 */
function bestOf(measured: readonly MeasuredRound[], rules: StopRules): Policy {
  return measured.reduce((best, next, at) => {
    const state = { ...next, earlier: measured.slice(0, at) }
    const chain = comparedBack(next, state.earlier)
    if (!held(drift(state, rules))) return chain.includes(best) ? chain.at(-1)! : best
    return chain[1] === best && held(measures(state, rules)) ? next : best
  }).round.policy
}

/**
 * The stop rule (docs/bootstrap.md#when-a-loop-ends): whether to train on a round that has closed, and which model is
 * the best so far. A round that only measures never goes on.
 */
export function judgeRound(state: Judged, rules: StopRules): RoundVerdict {
  const gates = [...rounds(state.round, rules), ...measures(state, rules), adherence(state.summary)]
  const against = gates.filter(gate => !gate.held).map(({ rule }) => rule)
  const measure = state.round.purpose === 'measure'
  return {
    go: !measure && against.length === 0,
    rule: against.length > 0 ? against.join(' and ') : measure ? 'measured' : 'every rule held',
    gates,
    best: bestOf([...state.earlier, state], rules),
  }
}
