import type { AttributeMetric } from '../../domain/model.js'

const number = (value: number | null): string => (value === null ? '–' : value.toFixed(2))

function interval({ spearman_low: low, spearman_high: high }: AttributeMetric): string {
  return low === null || high === null ? '' : `${low.toFixed(2)} to ${high.toFixed(2)}`
}

/**
 * A cautious verdict on an attribute's figures. It is better than a control only if the whole interval is: a few hundredths
 * on a few hundred turns mean nothing.
 */
export function verdict(metric: AttributeMetric): string {
  const { turns, spearman, spearman_low: low, spearman_length: length, mae, mae_constant: constant } = metric
  if (turns === 0) return 'no labels to measure with'
  if (spearman === null) return 'too few labels: predicts the mean'
  if (low === null || low <= 0) return 'not learnt'
  const overLength = length === null || low > Math.abs(length)
  const parts = [overLength ? 'better than length' : 'not clearly better than length alone']
  if (mae !== null && constant !== null && mae >= constant) parts.push('error not below the constant’s')
  return parts.join('; ')
}

const header = ['attribute', 'turns', 'spearman', '95% interval', 'length alone', 'error', 'error of mean', '']

/**
 * The held-out figures of a value model as table lines, next to two controls: the rank correlation of length alone, and the
 * mean absolute error of always predicting the training mean. The last column has the verdict.
 */
export function metricsTable(metrics: readonly AttributeMetric[]): readonly string[] {
  const rows = metrics.map(metric => [
    metric.attribute,
    String(metric.turns),
    number(metric.spearman),
    interval(metric),
    number(metric.spearman_length),
    number(metric.mae),
    number(metric.mae_constant),
    verdict(metric),
  ])
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map(row => row[column]!.length), title.length),
  )
  const last = header.length - 1
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || column === last ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd()
  return [line(header), ...rows.map(line)]
}
