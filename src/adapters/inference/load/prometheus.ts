export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * The samples of a page in Prometheus' text format 0.0.4 or OpenMetrics. Comments and malformed lines are skipped, so
 * that the rest of the page is usable.
 */
export function parsePrometheus(text: string): Sample[] {
  return text.split('\n').flatMap(raw => sampleOf(raw.trim()) ?? [])
}

/** A name, labels in braces, a value, and a time and exemplar, which are ignored; null if the line is no sample. */
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

/** The match of a sticky expression at a position; empty if there is none. */
function taken(expression: RegExp, text: string, at: number): string {
  expression.lastIndex = at
  return expression.exec(text)?.[0] ?? ''
}

const blanks = (line: string, at: number): number => taken(/[ \t]*/y, line, at).length

/**
 * Position of the closing brace for one opened before `from`; null if there is none. Quoted labels may contain braces.
 */
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

/** True if only a time and an exemplar follow the value. */
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

/** A number in Go's notation; null if it is not a number. */
function numberOf(text: string): number | null {
  const infinite = /^([+-]?)Inf(inity)?$/i.exec(text)
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return NaN
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null
}
