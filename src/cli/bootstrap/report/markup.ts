/** A part of the report: what it shows, and its figures as a table. Terminal and page print the same. */
export interface Section {
  readonly title: string
  /** How to read it. */
  readonly note: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Markup that is safe to put into a page. */
export class Markup {
  constructor(readonly text: string) {}
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it is shown: nothing in it is markup, and control characters become spaces. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
    .replace(/[&<>"']/g, character => escapes[character]!)

export type Shown = string | number | Markup | readonly Markup[] | null

/** Markup with values in it: strings are escaped, whatever records say; null is nothing. */
export function markup(strings: TemplateStringsArray, ...values: readonly Shown[]): Markup {
  const shown = (value: Shown): string => {
    if (value === null) return ''
    if (value instanceof Markup) return value.text
    if (typeof value === 'object') return value.map(one => one.text).join('')
    return escaped(String(value))
  }
  return new Markup(strings.reduce((text, string, at) => text + shown(values[at - 1]!) + string))
}
