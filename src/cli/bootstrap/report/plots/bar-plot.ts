import { scaleLinear } from 'd3-scale'
import { type Markup, markup } from '../markup.js'
import { at, type DescribedPlot, fitted, svg } from './svg.js'

/** A row of a bar plot. */
export interface Bar {
  readonly name: string
  readonly value: number
  /** Text after the bar. */
  readonly label: string
}

const [width, left, right, row] = [356, 166, 62, 24] as const

/** Horizontal bars, one per row, with name and figure; a bar of the value `most` has full width. */
export function barPlot(described: DescribedPlot, bars: readonly Bar[], most: number): Markup {
  const x = scaleLinear([0, Math.max(most, Number.MIN_VALUE)], [0, width - left - right])
  const rows = bars.map(({ name, value, label }, index) => {
    const top = index * row
    return markup`<text x="${left - 8}" y="${top + 16}" text-anchor="end">${fitted(name, 24)}</text>
<rect class="now" x="${left}" y="${top + 4}" width="${at(x(value))}" height="${row - 8}" rx="2"/>
<text x="${at(left + x(value) + 6)}" y="${top + 16}" class="figure">${label}</text>
`
  })
  const line = markup`<line class="axis" x1="${left}" x2="${left}" y1="0" y2="${bars.length * row}"/>`
  return svg(described, width, Math.max(1, bars.length) * row, [...rows, line])
}
