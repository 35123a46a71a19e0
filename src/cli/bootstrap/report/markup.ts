/** A section of the report with a table. Terminal and page show the same sections. */
export interface Section {
  readonly title: string
  /** How to read the table. */
  readonly note: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Markup that is safe to insert into a page. */
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

/** Escapes text for display; control characters become spaces. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
    .replace(/[&<>"']/g, character => escapes[character]!)

export type Shown = string | number | Markup | readonly Markup[] | null

/** Builds markup from a template. Strings are escaped, since records are untrusted; null is empty. */
export function markup(strings: TemplateStringsArray, ...values: readonly Shown[]): Markup {
  const shown = (value: Shown): string => {
    if (value === null) return ''
    if (value instanceof Markup) return value.text
    if (typeof value === 'object') return value.map(one => one.text).join('')
    return escaped(String(value))
  }
  return new Markup(strings.reduce((text, string, at) => text + shown(values[at - 1]!) + string))
}
