import { type KafkaSettings } from './settings.js'

/** What must not be seen, and texts without it. */
export interface Secrets {
  /** Adds one that became known only now, such as a token that was fetched. */
  add(secret: string): void
  /** A text with every secret replaced. */
  redact(text: string): string
  /** A value of JSON's kind with every secret in its texts replaced, at any depth. */
  redactAll(value: unknown): unknown
}

/** The secrets of a connection: those of its settings, and what is added later. */
export function secretsOf(settings: KafkaSettings): Secrets {
  const known = new Set<string>()
  const redact = (text: string): string => {
    let clean = text
    for (const secret of known) clean = clean.replaceAll(secret, '[redacted]')
    return clean
  }
  const redactAll = (value: unknown): unknown => {
    if (typeof value === 'string') return redact(value)
    if (Array.isArray(value)) return value.map(redactAll)
    if (value instanceof Error) return redact(value.message)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactAll(inner)]))
  }
  const add = (secret: string) => void (secret !== '' && known.add(secret))
  if (settings.sasl !== 'none') {
    if ('password' in settings.sasl) add(settings.sasl.password)
    else for (const secret of [settings.sasl.token, settings.sasl.clientSecret]) add(secret ?? '')
  }
  return { add, redact, redactAll }
}
