import { dropped } from '../../topics.js'
import { leftText } from '../run/none-taken.js'
import type { NodeSummary, ScoredReply, Summary } from '../summary/summary.js'
import { bars, oneLine, table, thousands } from './bars.js'
import { metricsTable } from './metrics-table.js'

/** The summary of a run as lines of text. */
export function renderSummary(summary: Summary, columns: number): readonly string[] {
  const sections = [
    overview(summary),
    nodes(summary.nodes),
    distributions(summary),
    replies('best scored', summary.best, columns),
    replies('worst scored', summary.worst, columns),
    model(summary),
    results(summary),
    ['next', ...summary.next.map(line => `  ${line}`)],
  ]
  return sections.filter(lines => lines.length > 0).flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

function overview({ sources, turns, seconds, changed }: Summary): string[] {
  const lines = sources.map(({ name, records, rejected, skipped, left }) => {
    const parts = [`${thousands(records)} records`]
    if (rejected > 0) parts.push(`${thousands(rejected)} rejected (dead letters)`)
    if (skipped > 0) parts.push(`${thousands(skipped)} already ingested`)
    if (left > 0) parts.push(`1 skipped: ${leftText}`)
    return `${name}: ${parts.join(', ')}`
  })
  const scoring = `${thousands(turns.annotated)} turns: ${thousands(turns.scored)} scored, ${thousands(turns.reused)} reused from shared prefixes`
  const end = changed
    ? `done in ${seconds.toFixed(1)} s`
    : `nothing new: everything was already done (${seconds.toFixed(1)} s)`
  return [...lines, scoring, end]
}

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([key, count]) => `${thousands(count)} ${key}`)
    .join(', ')

/** Nodes with work in this run. */
function nodes(rows: readonly NodeSummary[]): string[] {
  const header = ['node', 'in', 'out', 'dropped', 'dead letters', 'held']
  const busy = rows.filter(row => row.in > 0 || Object.keys(row.out).length > 0)
  const cells = busy.map(row => {
    const out = Object.entries(row.out).filter(([topic]) => topic !== dropped.name)
    return [
      row.node,
      thousands(row.in),
      out.map(([topic, count]) => `${thousands(count)} → ${topic}`).join(', ') || '–',
      listed(row.dropped) || '0',
      listed(row.deadLettered) || '0',
      thousands(row.held),
    ]
  })
  return table([header, ...cells], [0, 2])
}

function distributions({ attributes }: Summary): string[] {
  if (attributes.length === 0) return []
  const points = [...new Set(attributes.flatMap(({ counts }) => Object.keys(counts)))].map(Number).sort((a, b) => a - b)
  const rows = attributes.map(({ attribute, counts }) => {
    const values = points.map(point => counts[point] ?? 0)
    return [attribute, bars(values), ...values.map(thousands)]
  })
  return table([['predicted for replies', '', ...points.map(String)], ...rows], [0, 1])
}

function replies(title: string, scored: readonly ScoredReply[], columns: number): string[] {
  if (scored.length === 0) return []
  const width = Math.max(30, columns - 20)
  return [
    `${title} (${scored[0]!.attribute})`,
    ...scored.flatMap(({ score, prompt, reply }) => [
      `  ${score.toFixed(2)}  ${oneLine(reply, width)}`,
      `        to: ${oneLine(prompt, width - 4)}`,
    ]),
  ]
}

const model = ({ valueModel }: Summary): string[] =>
  valueModel ? [`value model ${valueModel.model}`, ...metricsTable(valueModel.metrics)] : []

function results({ datasets, jobs }: Summary): string[] {
  const rows = Object.entries(datasets).map(([name, { path, train, validation }]) => [
    `dataset ${name}`,
    `${thousands(train)} train, ${thousands(validation)} validation`,
    path,
  ])
  const steps = jobs.map(({ job, state, folder, detail }) => [
    `job ${job}`,
    state + (detail ? ` (${detail})` : ''),
    folder ?? '',
  ])
  return table([...rows, ...steps], [0, 1, 2])
}
