import { bars, table, oneLine } from '../../render/bars.js'
import { wrapped } from '../../render/comparison.js'
import { type RoundReport, subject } from './report.js'
import type { Section } from './markup.js'
import { sectionsOf } from './sections.js'
import { valuesOf } from './distributions-section.js'

/**
 * A report as text for a terminal with this many columns. Texts of records are shown on one line without control characters.
 */
export function reportText(report: RoundReport, columns: number): string {
  const { plan, verdict, prompts, answers, rules, attributes, course } = sectionsOf(report)
  const { now } = subject(report)
  const sections = [plan, verdict, prompts, answers, rules, withDistributions(attributes, report), course]
  const lines = sections.flatMap(section => ['', ...sectionText(section, columns)])
  return [`round ${now.round.round}`, ...lines, ''].join('\n')
}

function sectionText({ title, note, head, rows }: Section, columns: number): readonly string[] {
  const width = Math.max(20, Math.floor(columns / 2))
  const cells = [head, ...rows].map(row => row.map(cell => oneLine(cell, width)))
  const named = head.some(name => name !== '')
  // Tables without a head are lists of names and values.
  const left = named ? [0] : head.map((_, index) => index)
  const lines = rows.length === 0 ? [] : table(named ? cells : cells.slice(1), left)
  return [title, ...wrapped(note.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' '), columns), ...lines.map(line => `  ${line}`)]
}

/** Adds the predicted values of each attribute as bars, in ascending order. */
function withDistributions({ head, rows, ...section }: Section, report: RoundReport): Section {
  const { summary } = subject(report).now
  const points = valuesOf(Object.values(summary.attributes).map(({ values }) => values))
  const title = points.length === 0 ? '' : `${points[0]}–${points.at(-1)}`
  return {
    ...section,
    head: [head[0]!, title, ...head.slice(1)],
    rows: rows.map(([key, ...cells]) => {
      const { values } = summary.attributes[key!]!
      return [key!, bars(points.map(point => values[point] ?? 0)), ...cells]
    }),
  }
}
