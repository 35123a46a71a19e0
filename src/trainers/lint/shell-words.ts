/** A word of a command line, as the shell passes it on. */
export interface ShellWord {
  /** The text that the program gets. */
  readonly text: string
  /** The spelling in the script. */
  readonly raw: string
  /** Whether the shell removed a backslash that stood outside of quotes before a letter or digit. */
  readonly lostBackslash: boolean
  /** Whether a NUL was spelt, at which the shell cuts the word (`$'…\\0…'`). */
  readonly cutAtNul: boolean
  /** Whether it contains an expansion (`$x`, `${x}`, `$(…)`): only the shell knows what the program gets. */
  readonly expands: boolean
}

/** Scripts within scripts that are read; people write two. */
const deepest = 8

/** A word while it is read. */
type Draft = { -readonly [Key in Exclude<keyof ShellWord, 'raw'>]: ShellWord[Key] }

/** One command: its words in order. */
export type ShellCommand = readonly ShellWord[]

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** The meaning of an escape inside `$'…'`, and the number of characters after the backslash that it takes. */
function ansiEscape(rest: string): { readonly text: string; readonly length: number } {
  const code = /^(?:x([0-9a-f]{1,2})|u([0-9a-f]{1,4})|([0-7]{1,3}))/i.exec(rest)
  if (code) {
    const [whole, x, u, octal] = code
    const point = octal === undefined ? parseInt((x ?? u)!, 16) : parseInt(octal, 8)
    return { text: String.fromCharCode(point), length: whole.length }
  }
  const known = escapes[rest[0] ?? '']
  return known === undefined ? { text: `\\${rest[0] ?? ''}`, length: 1 } : { text: known, length: 1 }
}

const callsPython = (script: string): boolean => /[\w-]\.py(?=\s|$)/.test(script)

/** Reads the words of a script, character by character, like bash; nothing is expanded or run. */
class Reader {
  readonly commands: ShellCommand[] = []
  #words: ShellWord[] = []
  #at = 0
  /** Here-documents whose text begins after the end of this line. */
  #documents: { readonly end: string; readonly tabs: boolean; readonly quoted: boolean }[] = []

  constructor(
    private readonly script: string,
    /** How many scripts this one is within. */
    private readonly depth: number,
  ) {}

  read(): readonly ShellCommand[] {
    while (this.#at < this.script.length) this.#next()
    this.#endCommand()
    return this.commands
  }

  #endCommand(): void {
    if (this.#words.length > 0) this.commands.push(this.#words)
    this.#words = []
  }

  #next(): void {
    const rest = this.script.slice(this.#at, this.#at + 2)
    const [character] = rest
    if (rest === '\\\n') this.#at += 2
    else if (character === ' ' || character === '\t') this.#at += 1
    else if (this.#redirects()) return
    else if (character === '\n' || ';|&()'.includes(character!)) {
      this.#endCommand()
      this.#at += 1
      if (character === '\n') this.#readDocuments()
    } else if (character === '#') {
      while (this.#at < this.script.length && this.script[this.#at] !== '\n') this.#at += 1
    } else this.#word()
  }

  /** Skips a redirection with its target, which is no word of the command; remembers a here-document. */
  #redirects(): boolean {
    const operator = /^(?:\d*|&)(?:<<<|<<-?|<>|>>|>\||[<>]&?)/.exec(this.script.slice(this.#at, this.#at + 24))?.[0]
    if (operator === undefined || /[<>]\($/.test(this.script.slice(this.#at, this.#at + operator.length + 1)))
      return false
    this.#at += operator.length
    while (/[ \t]/.test(this.script[this.#at] ?? '')) this.#at += 1
    const target = this.#read()
    if (/^\d*<<-?$/.test(operator))
      this.#documents.push({ end: target.text, tabs: operator.endsWith('-'), quoted: /['"\\]/.test(target.raw) })
    return true
  }

  /**
   * Reads here-documents. One that calls a Python program is a script that a shell gets later (`read -d '' x <<EOC`, then
   * `bash -c "$x"`): its commands are read too. Another is data.
   */
  #readDocuments(): void {
    for (const { end, tabs, quoted } of this.#documents.splice(0)) {
      const lines: string[] = []
      while (this.#at < this.script.length) {
        const to = this.script.indexOf('\n', this.#at)
        const line = this.script.slice(this.#at, to < 0 ? undefined : to).replace(tabs ? /^\t+/ : /^/, '')
        this.#at = to < 0 ? this.script.length : to + 1
        if (line === end) break
        lines.push(line)
      }
      const text = lines.join('\n')
      if (callsPython(text)) this.#within(quoted ? text : text.replace(/\\(?:\n|([$`\\]))/g, '$1'))
    }
  }

  #within(script: string): void {
    if (this.depth < deepest) this.commands.push(...new Reader(script, this.depth + 1).read())
  }

  #word(): void {
    const word = this.#read()
    this.#words.push(word)
    // A script kept in a variable, for `bash -c`.
    const kept = /^[A-Za-z_]\w*=([^]*)$/.exec(word.text)?.[1]
    if (kept !== undefined && /\s/.test(kept) && callsPython(kept)) this.#within(kept)
    const isScript =
      /^-\w*c$/.test(this.#words.at(-2)?.text ?? '') && /(^|\/)(ba|z|da)?sh$/.test(this.#words.at(-3)?.text ?? '')
    if (isScript) this.#within(word.text)
  }

  #read(): ShellWord {
    const begin = this.#at
    const word: Draft = { text: '', lostBackslash: false, cutAtNul: false, expands: false }
    while (this.#at < this.script.length && !this.#endsWord()) this.#part(word)
    return { ...word, raw: this.script.slice(begin, this.#at) }
  }

  #endsWord(): boolean {
    const [character, following] = [this.script[this.#at]!, this.script[this.#at + 1]]
    return ' \t\n;|&()'.includes(character) || ('<>'.includes(character) && following !== '(')
  }

  #part(word: Draft): void {
    const character = this.script[this.#at]!
    const following = this.script[this.#at + 1] ?? ''
    if (character === '\\') {
      this.#at += 2
      if (following === '\n') return
      word.lostBackslash ||= /[0-9a-z]/i.test(following)
      word.text += following
    } else if (character === '$' && following === "'") {
      this.#at += 2
      const text = this.#ansi()
      const nul = text.indexOf('\0')
      word.cutAtNul ||= nul >= 0
      word.text += nul < 0 ? text : text.slice(0, nul)
    } else if (character === "'") {
      word.text += this.#until("'")
    } else if (character === '"') {
      word.text += this.#doubleQuoted(word)
    } else {
      const expansion = this.#expansion()
      word.expands ||= expansion !== ''
      word.text += this.#take(expansion || character)
    }
  }

  /** The text up to the closing quote, unchanged. */
  #until(quote: string): string {
    const end = this.script.indexOf(quote, this.#at + 1)
    const text = this.script.slice(this.#at + 1, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.script.length : end + 1
    return text
  }

  #take(text: string): string {
    this.#at += text.length
    return text
  }

  /** The expansion that begins here, as it is spelt; empty if none does. */
  #expansion(starts = '$`<>'): string {
    if (!starts.includes(this.script[this.#at]!)) return ''
    const rest = this.script.slice(this.#at)
    const simple = /^\$(?:[A-Za-z_]\w*|[\d@*#?$!-])/.exec(rest)?.[0]
    if (simple) return simple
    if (rest.startsWith('`')) return rest.slice(0, Math.max(1, rest.indexOf('`', 1) + 1))
    const open = /^(?:[$<>](?=\()|\$(?=\{))(.)/.exec(rest)?.[1]
    if (open === undefined) return ''
    const close = open === '(' ? ')' : '}'
    let depth = 0
    for (let at = 1; at < rest.length; at++) {
      if (rest[at] === '\\') at++
      else if (rest[at] === "'" && open === '(') at = Math.max(at, rest.indexOf("'", at + 1))
      else if (rest[at] === open) depth++
      else if (rest[at] === close && --depth === 0) return rest.slice(0, at + 1)
    }
    return rest
  }

  #doubleQuoted(word: Draft): string {
    let text = ''
    this.#at += 1
    while (this.#at < this.script.length) {
      const character = this.script[this.#at]!
      const following = this.script[this.#at + 1] ?? ''
      const expansion = this.#expansion('$`')
      if (character === '"') {
        this.#at += 1
        break
      }
      if (character === '\\' && '"\\$`\n'.includes(following)) {
        text += following === '\n' ? '' : following
        this.#at += 2
      } else if (expansion !== '') {
        word.expands = true
        text += this.#take(expansion)
      } else text += this.#take(character)
    }
    return text
  }

  #ansi(): string {
    let text = ''
    while (this.#at < this.script.length && this.script[this.#at] !== "'") {
      if (this.script[this.#at] !== '\\') {
        text += this.script[this.#at]!
        this.#at += 1
        continue
      }
      const escape = ansiEscape(this.script.slice(this.#at + 1, this.#at + 6))
      text += escape.text
      this.#at += 1 + escape.length
    }
    this.#at += 1
    return text
  }
}

/**
 * The commands of a shell script, word by word, as bash would pass them to programs: quotes are removed, and lines that end
 * with a backslash continue. Expansions keep their spelling, and redirections are left out. Scripts within it (here-documents,
 * variables, `bash -c`) that call a Python program come as commands before the command that contains them.
 */
export const shellCommands = (script: string): readonly ShellCommand[] => new Reader(script, 0).read()
