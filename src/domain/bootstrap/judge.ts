import type { Round, Policy, RoundVerdict } from './round.js'
import type { RoundSummary, PairedDifference } from './summary.js'
import type { GateResult } from '../gates/gate.js'
import type { StopRules } from './round-plan.js'

/** A closed round with its summary. */
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
 * How far a figure has moved since the first round of a chain of comparisons: the sum of the differences. Without it, drift
 * that stays below a limit from each round to the next would go unnoticed. Half the width of the interval is the root of
 * the sum of squares, as for independent differences. This is wider than necessary, since neighbours share a round with
 * opposite signs. Null if a difference is unknown.
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

/** A round with the earlier rounds of its loop, in order. */
interface Judged extends MeasuredRound {
  readonly earlier: readonly MeasuredRound[]
}

/** With fewer scored answers than this, a rank correlation says more about chance than about the answers. */
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

/** Requires that the whole interval of a gain lies above 0: less is noise. An unmeasured gain counts as none. */
const above = (rule: string, { low }: PairedDifference): GateResult => ({
  rule,
  value: low === null ? null : rounded(low),
  threshold: 0,
  held: low !== null && low > 0,
})

/** Requires a gain that does not come from length alone: a model may have learnt that its judge rewards length. */
function gain({ against_before: before }: RoundSummary, rules: StopRules): readonly GateResult[] {
  if (before === null) return []
  const atLength = above('gain at equal length', before.goodness_at_equal_length)
  const any = above('gain', before.goodness)
  // Without a gain there is nothing to explain.
  return [any, rules.guards && any.held ? atLength : { ...atLength, threshold: null, held: true }]
}

/** Whether the interval of a movement excludes 0. Only then does a guard act on a figure beyond its limit. */
const moved = ({ low, high }: Movement): boolean => low > 0 || high < 0

/** Guards against drift from round to round. */
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

/** A guard that is broken by a value above its limit, if the value is more than chance (`sure`). */
function guard(rule: string, value: number | null, rules: StopRules, most: number, sure: boolean): GateResult {
  const seen = value === null ? null : rounded(value)
  const held = value === null || value <= most || !sure
  return rules.guards
    ? { rule, value: seen, threshold: most, held }
    : { rule, value: seen, threshold: null, held: true }
}

/** The mean distance of answers from the requested values, over attributes: recorded, but not required to be small. */
function adherence({ attributes }: RoundSummary): GateResult {
  const distances = Object.values(attributes).flatMap(({ distance }) => (distance === null ? [] : [distance]))
  const sum = distances.reduce((total, distance) => total + distance, 0)
  const value = distances.length === 0 ? null : rounded(sum / distances.length)
  return { rule: 'distance to what was asked', value, threshold: null, held: true }
}

/** The rules for the answers as a measure of their model, in the order in which they are recorded. */
const measures = (state: Judged, rules: StopRules): readonly GateResult[] => [
  acceptance(state.summary, rules),
  ...gain(state.summary, rules),
  ...drift(state, rules),
  lengthCorrelation(state, rules),
]

const held = (results: readonly GateResult[]): boolean => results.every(gate => gate.held)

/**
 * The best model measured so far. The answers of a round measure the model that gave them: it becomes the best if it is
 * shown to be better than the best so far, with which it was compared, and no guard was broken. So the best checkpoint is
 * kept, not the last: in HelpSteer2 a later model was better by one benchmark and worse by another. If length or diversity
 * has drifted beyond its limit, the judge's scores along the way are doubtful too: then the model at the start of the drift
 * is kept.
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
 * The stop rule (docs/bootstrap.md#when-a-loop-ends): whether to train on a closed round, and which model is the best so
 * far. A round that only measures is never trained on.
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
