import type { ReportedRound, RoundReport } from '../../../../src/cli/bootstrap/report/report.js'
import { judgeRound, type MeasuredRound } from '../../../../src/domain/bootstrap/judge.js'
import type { RoundSummary } from '../../../../src/domain/bootstrap/summary.js'
import { roundOf, summaryOf } from '../../../support/rounds.js'

const keys = [
  'quality',
  'toxicity',
  'humor',
  'creativity',
  'helpfulness',
  'correctness',
  'coherence',
  'complexity',
  'verbosity',
]

/** Attributes of 1,000 answers, a little better in later rounds. */
const attributes = (number: number): RoundSummary['attributes'] =>
  Object.fromEntries(
    keys.map((key, at) => {
      const bad = key === 'toxicity' || key === 'humor'
      const asked = bad ? 0 : 4
      const high = 350 + 90 * number - 20 * at
      const values = bad ? { 0: high + 300, 1: 700 - high } : { 2: 120, 3: 880 - high, 4: high }
      const mean = Object.entries(values).reduce((sum, [value, count]) => sum + (Number(value) * count) / 1000, 0)
      const spread = { count: 1000, mean, sd: 0.62 }
      return [
        key,
        { asked: { count: 1000, mean: asked, sd: 0 }, predicted: spread, distance: Math.abs(asked - mean), values },
      ]
    }),
  )

const summary = (number: number): RoundSummary =>
  summaryOf({
    attributes: attributes(number),
    acceptance: 0.4 + number * 0.06,
    goodness: { count: 1000, mean: 2.9 + number * 0.14, sd: 0.7 },
    chars: { count: 1000, mean: 300 + number * 70, sd: 120 },
    unique_words: { count: 1000, mean: 0.82 - number * 0.02, sd: 0.1 },
    near_duplicates: 12 + number * 9,
    against: {
      'floor of quality': 210,
      rank: 180,
      stopped: 50,
      'near another answer': 31,
      'length ratio': 14,
      'near the training data': 9,
      "near the prompt's answer": 6,
      'leaked label': 2,
    },
    against_before:
      number === 1
        ? null
        : {
            round: `loop-${number - 1}`,
            goodness: { pairs: 96, mean: 0.141, low: 0.062, high: 0.22 },
            goodness_at_equal_length: { pairs: 96, mean: 0.101, low: 0.021, high: 0.181 },
            points_by_length: 0.2,
            chars: { pairs: 98, mean: 0.19, low: 0.11, high: 0.27 },
            unique_words: { pairs: 98, mean: -0.021, low: -0.03, high: -0.012 },
            acceptance: { pairs: 98, mean: 0.06, low: -0.02, high: 0.14 },
          },
  })

/** A report of as many rounds as told; the last only measures where there are three. */
export function reportOf(
  rounds: number,
  change: (round: ReportedRound) => ReportedRound = round => round,
): RoundReport {
  const measured: MeasuredRound[] = []
  const reported = Array.from({ length: rounds }, (_, at): ReportedRound => {
    const state = { round: roundOf(at + 1, at === 2 ? 'measure' : 'train'), summary: summary(at + 1) }
    const verdict = judgeRound({ ...state, earlier: [...measured] }, state.round.plan.stop)
    measured.push(state)
    return change({ ...state, verdict, model: null })
  })
  return { loop: 'loop', rounds: reported as unknown as RoundReport['rounds'] }
}

/** Texts that would do something if a page took them for markup. */
export const hostile = [
  '<script>window.hacked = 1</script>',
  '"><img src=x onerror="window.hacked=1">',
  "'-alert(1)-'",
  '</style><svg onload="window.hacked=1">',
  'a\u001b[31m\u0000b\ud800',
] as const

/** The same report with hostile texts wherever a record can have a text. */
export const hostileReport = (): RoundReport =>
  reportOf(3, ({ round, summary, verdict }) => {
    const attribute = Object.values(summary.attributes)[0]!
    const named = Object.fromEntries(hostile.map(name => [name, attribute]))
    return {
      round: {
        ...round,
        policy: { model: hostile[1], digest: hostile[0] },
        value_model: hostile[3],
        labels: [hostile[0]],
      },
      summary: {
        ...summary,
        attributes: named,
        against: Object.fromEntries(hostile.map((name, at) => [name, 10 + at])),
        finish: { [hostile[0]]: 3 },
      },
      verdict: verdict && {
        ...verdict,
        rule: hostile[1],
        best: { model: hostile[3], digest: hostile[0] },
        gates: hostile.map(rule => ({ rule, value: hostile[0], threshold: hostile[1], held: false })),
      },
      model: null,
    }
  })
