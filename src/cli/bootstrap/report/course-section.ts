import { count, difference, figure, percent, share } from './numbers.js'
import { type Report, type ReportedRound } from './report.js'
import { type Section } from './section.js'

/** The rounds of the loop beside each other, one a column. */
export function courseSection({ rounds }: Report): Section {
  const row = (name: string, of: (round: ReportedRound) => string): string[] => [name, ...rounds.map(of)]
  return {
    title: 'From round to round',
    note: 'Differences are over the prompts that both rounds asked, with their interval.',
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
