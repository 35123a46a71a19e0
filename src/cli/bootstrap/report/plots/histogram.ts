import { scaleBand, scaleLinear } from 'd3-scale'
import { markup, type Markup } from '../markup.js'
import { at, type DescribedPlot, svg } from './svg.js'

/** A value with its share in this round and in the round before; null without one. */
export interface Column {
  readonly value: number
  readonly now: number
  readonly before: number | null
}

const [width, height, top, foot] = [200, 96, 14, 20] as const

/** Shares of values as columns, next to those of the round before. All histograms share the scale from 0 to 1. */
export function histogram(described: DescribedPlot, columns: readonly Column[]): Markup {
  const x = scaleBand(
    columns.map(({ value }) => String(value)),
    [0, width],
  ).padding(0.15)
  const y = scaleLinear([0, 1], [height, top])
  const compared = columns.some(({ before }) => before !== null)
  const half = compared ? x.bandwidth() / 2 : x.bandwidth()
  const column = (name: string, left: number, share: number): Markup =>
    markup`<rect class="${name}" x="${at(left)}" y="${at(y(share))}" width="${at(half)}" height="${at(height - y(share))}"/>`
  const drawn = columns.map(({ value, now, before }) => {
    const left = x(String(value))!
    const most = Math.max(now, before ?? 0)
    return markup`${before === null ? null : column('before', left, before)}${column('now', compared ? left + half : left, now)}
<text x="${at(left + x.bandwidth() / 2)}" y="${at(y(most) - 3)}" text-anchor="middle" class="figure">${Math.round(100 * now)}</text>
<text x="${at(left + x.bandwidth() / 2)}" y="${height + 15}" text-anchor="middle">${value}</text>
`
  })
  const axis = markup`<line class="axis" x1="0" x2="${width}" y1="${height}" y2="${height}"/>`
  return svg(described, width, height + foot, [...drawn, axis])
}
