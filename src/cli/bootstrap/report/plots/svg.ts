import { markup, type Markup, type Shown } from '../markup.js'

/** A plot that says in words what it shows, for those who do not see it. */
export interface DescribedPlot {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  readonly description: string
}

/** A drawing of that size in its own units; on the page it is as wide as its place allows. */
export const svg = ({ id, title, description }: DescribedPlot, width: number, height: number, drawn: Shown): Markup =>
  markup`<svg role="img" aria-labelledby="${id}-title ${id}-desc" viewBox="0 0 ${width} ${height}" style="max-width:${width * 1.25}px">
<title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>
${drawn}</svg>
`

/** A coordinate; a tenth of a unit is not seen. */
export const at = (value: number): number => Math.round(value * 10) / 10

/** A name that has to fit into so many characters. */
export function fitted(text: string, most: number): string {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}
