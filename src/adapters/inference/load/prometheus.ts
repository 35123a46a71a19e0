/** One sample of a page in Prometheus' text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A name, its labels in braces, a value, and a time that is passed over. Braces may stand inside a quoted label. */
const line =
  /^([A-Za-z_:][\w:]*)[ \t]*(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?[ \t]*(\S+)(?:[ \t]+-?\d+)?(?:[ \t]+#.*)?$/
const label = /([A-Za-z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"/g

/**
 * The samples of a page in Prometheus' text format 0.0.4, or OpenMetrics'. Comments and lines that are neither are passed
 * over: a page is worth what can be read of it.
 */
export function parsePrometheus(text: string): Sample[] {
  return text.split('\n').flatMap(raw => {
    const match = line.exec(raw.trim())
    const value = match ? numberOf(match[3]!) : null
    return match && value !== null ? [{ name: match[1]!, labels: labelsOf(match[2] ?? ''), value }] : []
  })
}

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(label)].map(([, name, value]) => [name!, unescaped(value!)]))

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))

/** A number as Go spells it; null when it is none. */
function numberOf(text: string): number | null {
  const infinite = /^([+-]?)Inf(inity)?$/i.exec(text)
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return NaN
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null
}
