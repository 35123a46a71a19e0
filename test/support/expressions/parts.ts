/** A piece of an expression: something that matches, and how often it may. */
export interface Part {
  /** As it is spelled, without its quantifier. */
  readonly source: string
  /** Of a group that matches something: its alternatives. */
  readonly alternatives: readonly (readonly Part[])[] | null
  /** An anchor or a look around: it matches nothing itself. */
  readonly empty: boolean
  readonly optional: boolean
  /** Whether it may be repeated without end. */
  readonly repeated: boolean
}

/** The parts of an expression's source, one after another; the alternatives of each group within it. */
export function partsOf(source: string): readonly (readonly Part[])[] {
  const reader = new Reader(source)
  return reader.alternatives()
}

class Reader {
  #at = 0
  constructor(private readonly source: string) {}

  alternatives(): Part[][] {
    const all: Part[][] = [[]]
    while (this.#at < this.source.length && this.source[this.#at] !== ')') {
      if (this.source[this.#at] === '|') {
        this.#at++
        all.push([])
      } else all.at(-1)!.push(this.#part())
    }
    return all
  }

  #part(): Part {
    const from = this.#at
    const group = this.#atom()
    const source = this.source.slice(from, this.#at)
    const quantifier = this.#matching(/^(?:[*+?]|\{\d+(?:,\d*)?\})\??/)
    return {
      source,
      ...group,
      optional: /^(?:[*?]|\{0)/.test(quantifier),
      repeated: /^(?:[*+]|\{\d+,\})/.test(quantifier),
    }
  }

  /** Goes behind the next atom. */
  #atom(): Pick<Part, 'alternatives' | 'empty'> {
    const escape = this.#matching(/^\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|[^])/)
    if (escape !== '') return { alternatives: null, empty: /^\\[bB\d]/.test(escape) }
    if (this.#matching(/^\[(?:\\[^]|[^\]\\])*\]/) !== '') return { alternatives: null, empty: false }
    const open = this.#matching(/^\((?:\?(?:[:=!]|<[=!]|<\w+>))?/)
    if (open === '') return { alternatives: null, empty: '^$'.includes(this.#matching(/^[^]/u)) }
    const alternatives = this.alternatives()
    this.#at++
    return /[=!]/.test(open) ? { alternatives: null, empty: true } : { alternatives, empty: false }
  }

  #matching(pattern: RegExp): string {
    const found = pattern.exec(this.source.slice(this.#at))?.[0] ?? ''
    this.#at += found.length
    return found
  }
}

/** Characters that are tried on a part, the usual first. */
const alphabet = [
  ...' \n\t"0a,:/.-_\\=A9z;|&\'[]{}()<>+*?!@#$%^~`é한\u2581\ufffd\0\r',
  ...String.fromCharCode(
    ...Array.from({ length: 26 }, (_, i) => 98 + i),
    ...Array.from({ length: 10 }, (_, i) => 48 + i),
  ),
]

/** Texts that a part matches once, at most `most`. */
export function samplesOf({ source, alternatives, empty }: Part, flags: string, most: number): string[] {
  if (empty) return ['']
  if (alternatives) return alternatives.map(parts => sampleOf(parts, flags)).slice(0, most)
  const whole = new RegExp(`^(?:${source})$`, flags.replaceAll(/[gy]/g, ''))
  const literal = source.startsWith('[') || source.startsWith('\\') ? [] : [source]
  return [...literal, ...alphabet].filter(one => whole.test(one)).slice(0, most)
}

/** A text that parts match one after another, each once. */
export const sampleOf = (parts: readonly Part[], flags: string): string =>
  parts.map(part => samplesOf(part, flags, 1)[0] ?? '').join('')
