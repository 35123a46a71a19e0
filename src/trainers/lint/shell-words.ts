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
}

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

/** Reads the words of a script, character by character, like bash; nothing is expanded or run. */
class Reader {
  readonly commands: ShellCommand[] = []
  #words: ShellWord[] = []
  #at = 0

  constructor(private readonly script: string) {}

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
    else if (character === ' ' || character === '\t' || character === '\r') this.#at += 1
    else if (character === '\n' || character === ';' || character === '|' || character === '&') {
      this.#endCommand()
      this.#at += 1
    } else if (character === '#') {
      while (this.#at < this.script.length && this.script[this.#at] !== '\n') this.#at += 1
    } else this.#word()
  }

  #word(): void {
    const begin = this.#at
    const word = { text: '', lostBackslash: false, cutAtNul: false }
    while (this.#at < this.script.length && !/[\s;|&]/.test(this.script[this.#at]!)) this.#part(word)
    this.#words.push({ ...word, raw: this.script.slice(begin, this.#at) })
  }

  #part(word: { text: string; lostBackslash: boolean; cutAtNul: boolean }): void {
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
      word.text += this.#doubleQuoted()
    } else {
      word.text += character
      this.#at += 1
    }
  }

  /** The text up to the closing quote, unchanged. */
  #until(quote: string): string {
    const end = this.script.indexOf(quote, this.#at + 1)
    const text = this.script.slice(this.#at + 1, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.script.length : end + 1
    return text
  }

  #doubleQuoted(): string {
    let text = ''
    for (this.#at += 1; this.#at < this.script.length; this.#at += 1) {
      const character = this.script[this.#at]!
      if (character === '"') {
        this.#at += 1
        break
      }
      const following = this.script[this.#at + 1] ?? ''
      if (character === '\\' && '"\\$`\n'.includes(following)) {
        text += following === '\n' ? '' : following
        this.#at += 1
      } else text += character
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
 * with a backslash continue. Variables keep their spelling.
 */
export const shellCommands = (script: string): readonly ShellCommand[] => new Reader(script).read()
