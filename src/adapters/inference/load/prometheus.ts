/** One sample of a page in Prometheus' text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * The samples of a page in Prometheus' text format 0.0.4, or OpenMetrics'. Comments and lines that are neither are passed
 * over: a page is worth what can be read of it.
 */
export function parsePrometheus(text: string): Sample[] {
  return text.split('\n').flatMap(raw => sampleOf(raw.trim()) ?? [])
}

/** A name, its labels in braces, a value, and a time and an exemplar that are passed over; null when a line is none. */
function sampleOf(line: string): Sample | null {
  const name = taken(/[A-Za-z_:][\w:]*/y, line, 0)
  if (name === '') return null
  const open = name.length + blanks(line, name.length)
  const close = line[open] === '{' ? closingBrace(line, open + 1) : null
  if (line[open] === '{' && close === null) return null
  const at = close === null ? open : close + 1 + blanks(line, close + 1)
  const spelled = taken(/\S+/y, line, at)
  const value = spelled === '' || at === name.length ? null : numberOf(spelled)
  if (value === null || !endsWell(line.slice(at + spelled.length))) return null
  return { name, labels: close === null ? {} : labelsOf(line.slice(open + 1, close)), value }
}

/** What a sticky expression finds at a place; empty where it finds nothing. */
function taken(expression: RegExp, text: string, at: number): string {
  expression.lastIndex = at
  return expression.exec(text)?.[0] ?? ''
}

const blanks = (line: string, at: number): number => taken(/[ \t]*/y, line, at).length

/** Where the brace closes that was opened before `from`; null when none does. Braces may stand inside a quoted label. */
function closingBrace(line: string, from: number): number | null {
  for (let at = from; at < line.length; at++) {
    if (line[at] === '}') return at
    if (line[at] !== '"') continue
    const quoted = taken(quotedText, line, at)
    if (quoted === '') return null
    at += quoted.length - 1
  }
  return null
}

const quotedText = /"[^"\\]*(?:\\.[^"\\]*)*"/y

/** Whether nothing stands behind a value but a time and an exemplar. */
const endsWell = (rest: string): boolean => /^(?:[ \t]+-?\d+)?(?:[ \t]+#.*)?$/.test(rest)

function labelsOf(text: string): Record<string, string> {
  const labels: [string, string][] = []
  const key = /[A-Za-z_]\w*/g
  for (let found = key.exec(text); found; found = key.exec(text)) {
    const equals = taken(/[ \t]*=[ \t]*/y, text, key.lastIndex)
    if (equals === '') continue
    const quoted = taken(quotedText, text, key.lastIndex + equals.length)
    if (quoted === '') continue
    labels.push([found[0], unescaped(quoted.slice(1, -1))])
    key.lastIndex += equals.length + quoted.length
  }
  return Object.fromEntries(labels)
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))

/** A number as Go spells it; null when it is none. */
function numberOf(text: string): number | null {
  const infinite = /^([+-]?)Inf(inity)?$/i.exec(text)
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return NaN
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null
}
