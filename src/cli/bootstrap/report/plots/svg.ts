import { markup, type Markup, type Shown } from '../markup.js'

/** A plot with a description for screen readers. */
export interface DescribedPlot {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  readonly description: string
}

/** A drawing with its size in its own units; the page scales it to the available width. */
export const svg = ({ id, title, description }: DescribedPlot, width: number, height: number, drawn: Shown): Markup =>
  markup`<svg role="img" aria-labelledby="${id}-title ${id}-desc" viewBox="0 0 ${width} ${height}" style="max-width:${width * 1.25}px">
<title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>
${drawn}</svg>
`

/** Rounds a coordinate to a tenth; smaller differences are invisible. */
export const at = (value: number): number => Math.round(value * 10) / 10

/** Shortens a text to at most `most` characters. */
export function fitted(text: string, most: number): string {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}
