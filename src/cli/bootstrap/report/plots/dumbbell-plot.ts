import { scaleLinear } from 'd3-scale'
import { symbol, symbolDiamond } from 'd3-shape'
import { markup, type Markup } from '../markup.js'
import { at, type DescribedPlot, fitted, svg } from './svg.js'

/** A row with up to three marks on a common scale. */
export interface Dumbbell {
  readonly name: string
  readonly asked: number | null
  readonly now: number | null
  readonly before: number | null
}

const [width, left, right, row, foot] = [340, 118, 14, 24, 26] as const
const diamond = symbol(symbolDiamond, 45)() ?? ''

/** Per row: the requested value (ring), the result (dot), and the result of the round before (diamond). */
export function dumbbellPlot(described: DescribedPlot, rows: readonly Dumbbell[]): Markup {
  const values = rows.flatMap(({ asked, now, before }) => [asked, now, before].filter(value => value !== null))
  const x = scaleLinear([Math.min(0, ...values), Math.max(1, ...values)], [left, width - right]).nice()
  const height = rows.length * row
  const ticks = x.ticks(5).map(
    tick => markup`<line class="grid" x1="${at(x(tick))}" x2="${at(x(tick))}" y1="0" y2="${height}"/>
<text x="${at(x(tick))}" y="${height + 17}" text-anchor="middle">${x.tickFormat(5)(tick)}</text>
`,
  )
  const marks = rows.map(({ name, asked, now, before }, index) => {
    const y = index * row + row / 2
    const span = asked === null || now === null ? null : [x(asked), x(now)]
    return markup`<text x="${left - 10}" y="${y + 4}" text-anchor="end">${fitted(name, 17)}</text>
${span && markup`<line class="span" x1="${at(span[0]!)}" x2="${at(span[1]!)}" y1="${y}" y2="${y}"/>`}
${before === null ? null : markup`<path class="before" d="${diamond}" transform="translate(${at(x(before))} ${y})"/>`}
${now === null ? null : markup`<circle class="now" cx="${at(x(now))}" cy="${y}" r="5"/>`}
${asked === null ? null : markup`<circle class="asked" cx="${at(x(asked))}" cy="${y}" r="6"/>`}
`
  })
  return svg(described, width, height + foot, [...ticks, ...marks])
}
