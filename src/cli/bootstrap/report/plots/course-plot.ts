import { scaleLinear, scalePoint } from 'd3-scale'
import { line } from 'd3-shape'
import { markup, type Markup } from '../markup.js'
import { at, type DescribedPlot, svg } from './svg.js'

/** A figure of a round; `low` and `high` are the bounds of its interval, if it has one. */
export interface Point {
  readonly round: string
  readonly value: number | null
  readonly low?: number | null
  readonly high?: number | null
}

const [width, height, left, right, top, foot] = [280, 150, 52, 20, 10, 24] as const

/** A figure over the rounds; `zero` adds a line at 0. */
export function coursePlot(described: DescribedPlot, points: readonly Point[], zero = false): Markup {
  const known = points.flatMap(({ value, low, high }) => [value, low ?? null, high ?? null]).filter(one => one !== null)
  const [least, most] = [Math.min(...known, ...(zero ? [0] : [])), Math.max(...known, ...(zero ? [0] : []))]
  // A constant figure is drawn in the middle.
  const room = most > least ? (most - least) * 0.1 : Math.max(Math.abs(most) * 0.1, 0.01)
  const domain = known.length === 0 ? [0, 1] : [least - room, most + room]
  const y = scaleLinear(domain, [height - foot, top]).nice(4)
  const x = scalePoint(
    points.map(({ round }) => round),
    [left, width - right],
  ).padding(points.length === 1 ? 0.5 : 0.25)
  const ticks = y.ticks(4).map(
    tick => markup`<line class="grid" x1="${left}" x2="${width - right}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>
<text x="${left - 6}" y="${at(y(tick)) + 4}" text-anchor="end">${y.tickFormat(4)(tick)}</text>
`,
  )
  const names = points.map(
    ({ round }) => markup`<text x="${at(x(round)!)}" y="${height - 6}" text-anchor="middle">${shortName(round)}</text>`,
  )
  const path = line<Point>()
    .defined(({ value }) => value !== null)
    .x(({ round }) => at(x(round)!))
    .y(({ value }) => at(y(value!)))([...points])
  const marks = points.flatMap(({ round, value, low, high }) => {
    if (value === null) return []
    const place = at(x(round)!)
    const known = low != null && high != null
    return markup`${known ? markup`<line class="interval" x1="${place}" x2="${place}" y1="${at(y(low))}" y2="${at(y(high))}"/>` : null}
<circle class="now" cx="${place}" cy="${at(y(value))}" r="4.5"/>`
  })
  const none =
    zero && known.length > 0
      ? markup`<line class="axis" x1="${left}" x2="${width - right}" y1="${at(y(0))}" y2="${at(y(0))}"/>`
      : null
  return svg(described, width, height, markup`${ticks}${none}${names}<path class="course" d="${path ?? ''}"/>${marks}`)
}

/** The number of a round; the title has its loop. */
const shortName = (round: string): string => round.slice(round.lastIndexOf('-') + 1)
