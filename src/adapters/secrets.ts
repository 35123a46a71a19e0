/** What stands in the place of a secret. */
const mark = '[redacted]'

/** Secrets shorter than this are not looked for: every text would hold them. */
const shortest = 4

/** Headers that are sent and hold nothing secret. */
const open = new Set(['host', 'content-type', 'accept', 'user-agent', 'x-steerflow-scores'])

/** A character that means itself in an expression. */
const literal = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`

/** Most backslashes before a character: of JSON four times over. A bound, since each is looked for from every place. */
const escapes = String.raw`\\{0,16}`

const named: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }

/** Encoded for a URL, up to four times over. */
const percent = (char: string): string =>
  [...Buffer.from(char)].map(byte => `%(?:25){0,3}${byte.toString(16).padStart(2, '0')}`).join('')

/** The ways in which one character of a secret may be spelled; of each way the longest match is the only one. */
type Ways = readonly string[]

/**
 * For each character of a text expressions of its ways: as it is, escaped in JSON (by itself or by its number), in a URL or
 * form (also twice), in HTML by name or number.
 */
const spelled = (text: string, also: Readonly<Record<string, string>> = {}): Ways[] =>
  [...text].map(char => {
    const point = char.codePointAt(0)!
    const units = Array.from({ length: char.length }, (_, index) => char.charCodeAt(index))
    const itself = units.map(literal).join('')
    return [
      ...(char === '\\' ? [1, 2, 4, 8, 16].map(times => `${itself}{${times}}`) : [escapes + itself]),
      units.map(unit => String.raw`\\{1,16}u${unit.toString(16).padStart(4, '0')}`).join(''),
      ...(char === '%' ? ['25', '2525', '252525', '25252525'].map(code => `%${code}`) : [percent(char)]),
      `&(?:amp;)?#(?:0{0,4}${point}|x0{0,4}${point.toString(16)});`,
      ...(named[char] === undefined ? [] : [`&(?:amp;)?${named[char]};`]),
      ...(char === ' ' ? [String.raw`\+`] : []),
      ...(also[char] === undefined ? [] : [also[char]]),
    ]
  })

/** Of bytes: the text that they are, however it is spelled, base64 of both alphabets likewise, and hexadecimals. */
function formsOf(secret: Buffer): Form[] {
  const text = secret.toString('utf8')
  const base64 = secret.toString('base64').replaceAll('=', '')
  return [
    ...(Buffer.from(text).equals(secret) ? [spelled(text)] : []),
    [...spelled(base64, { '+': '-', '/': '_' }), [`(?:=|%(?:25){0,3}3d){0,2}`]],
    [...secret.toString('hex')].map(digit => [digit]),
  ].map(formOf)
}

/** Characters of a secret that one expression looks for: expressions are costly, so all of them are compared one by one. */
const headLength = 4
/** Characters of a longer secret that are one already: it may have been cut short. */
const telling = 32

interface Form {
  /** Finds where it may begin. */
  readonly head: RegExp
  readonly chars: readonly (readonly RegExp[])[]
}

/** Each made once: there are as many as characters. Of any case: some spell in capitals. */
const sticky = new Map<string, RegExp>()

function stickyOf(source: string): RegExp {
  const made = sticky.get(source) ?? new RegExp(source, 'yi')
  sticky.set(source, made)
  return made
}

const formOf = (chars: readonly Ways[]): Form => ({
  head: new RegExp(
    chars
      .slice(0, headLength)
      .map(ways => `(?:${ways.join('|')})`)
      .join(''),
    'gi',
  ),
  chars: chars.map(ways => ways.map(stickyOf)),
})

/** Where the secret ends that begins here; null where there is none. */
function endOf(text: string, start: number, chars: Form['chars']): number | null {
  let ends = new Set([start])
  let matched = 0
  for (const ways of chars) {
    const next = new Set<number>()
    for (const at of ends)
      for (const way of ways) {
        way.lastIndex = at
        if (way.test(text)) next.add(way.lastIndex)
      }
    if (next.size === 0) break
    ends = next
    matched++
  }
  return matched >= Math.min(chars.length, telling) ? Math.max(...ends) : null
}

/** The text without what has this form. */
function without(text: string, { head, chars }: Form): string {
  let clean = ''
  let from = 0
  head.lastIndex = 0
  for (let found = head.exec(text); found !== null; found = head.exec(text)) {
    const end = endOf(text, found.index, chars)
    head.lastIndex = end ?? found.index + 1
    if (end === null) continue
    clean += text.slice(from, found.index) + mark
    from = end
  }
  return from === 0 ? text : clean + text.slice(from)
}

/** A header's value, what stands behind its scheme, and of a name and password both together and the password. */
function partsOf(value: string): string[] {
  const [scheme, credentials] = value.split(' ', 2)
  if (credentials === undefined) return [value]
  const pair = scheme!.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64').toString('utf8') : ''
  return [value, credentials, pair, pair.slice(pair.indexOf(':') + 1)]
}

/** Secrets that are remembered: those that replace others, like tokens, push the oldest out. */
const most = 32

/** What is sent to authenticate: the texts that nothing which comes back may repeat. */
export class Secrets {
  /** By their base64, the latest last. */
  readonly #known = new Map<string, Buffer>()
  /** The longest first: what holds another is cut as a whole. Null: to be made, when they are needed. */
  #forms: readonly Form[] | null = null

  /** @param urls addresses that are asked: their names, passwords and queries are secrets as well */
  constructor(headers: Readonly<Record<string, string>> = {}, urls: readonly string[] = []) {
    for (const [name, value] of Object.entries(headers)) if (!open.has(name.toLowerCase())) this.addHeader(value)
    for (const url of urls) {
      const { username, password, searchParams } = new URL(url)
      this.add(decoded(username), decoded(password), ...searchParams.values())
    }
  }

  /** Adds what stands in a header. */
  addHeader(value: string): void {
    this.add(...partsOf(value))
  }

  /** Adds some, such as a token that was fetched. */
  add(...secrets: readonly (string | Buffer)[]): void {
    for (const secret of secrets) {
      if (secret.length < shortest) continue
      const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
      const key = bytes.toString('base64')
      if (!this.#known.delete(key)) this.#forms = null
      this.#known.set(key, bytes)
      if (this.#known.size > most) this.#known.delete(this.#known.keys().next().value!)
    }
  }

  /** The text without any of them, in whatever form. */
  cut(text: string): string {
    this.#forms ??= [...this.#known.values()].sort((one, other) => other.length - one.length).flatMap(formsOf)
    return this.#forms.reduce(without, text)
  }

  /** A value of JSON's kind without any of them in its texts, at any depth; of an error, its message. */
  cutAll<T>(value: T): T
  cutAll(value: unknown): unknown {
    if (typeof value === 'string') return this.cut(value)
    if (Array.isArray(value)) return value.map(one => this.cutAll(one as unknown))
    if (value instanceof Error) return this.cut(value.message)
    if (typeof value !== 'object' || value === null || value instanceof Date) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.cutAll(inner as unknown)]))
  }

  /** What an error tells, as one that holds nothing else: those of clients carry requests and answers. */
  plain(thrown: unknown): Error {
    const { name = 'Error', message = '' } = thrown as Partial<Error>
    return Object.assign(new Error(this.cut(message)), { name: this.cut(name) })
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
