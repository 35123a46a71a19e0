import type { PromptTokens } from '../../domain/prompt-tokens.js'
import type { TrainedModel } from '../../domain/model.js'
import type { ShellWord } from './shell-words.js'

/** The value of a word with an expansion: no rule says anything about it. */
export const unknownValue: unique symbol = Symbol('unknown')

export type Value = string | number | boolean | null | typeof unknownValue

/** One key that a job sets, with the word of a command line that it came from, if any. */
export interface Setting {
  readonly key: string
  readonly value: Value
  readonly word: ShellWord | null
}

/** The subject of the rules: a training job of this workspace, or a command of a shell script. */
export interface LintSubject {
  /** The name of the job or dataset, or the place of the command in the script. */
  readonly name: string
  /** Whether it is a training job; otherwise it is another command of a script. */
  readonly trains: boolean
  /** Null if unknown, as for most commands. */
  readonly trainer: string | null
  readonly role: TrainedModel['role'] | null
  readonly settings: ReadonlyMap<string, Setting>
  /** Words of the command that set nothing. */
  readonly words: readonly ShellWord[]
  /** Whether a command of a script begins with a setting: it is the rest of a command that ended too early. */
  readonly detached: boolean
  /** Why the trainer refuses the settings; null if it accepts them. */
  readonly refused: string | null
  /** The tokens that it trains with; null if it sets none. */
  readonly tokens: PromptTokens | null
  /** Tokens of a row that the trainer reads; null if unknown. */
  readonly maxLength: number | null
}

/** The surroundings of a subject. */
export interface Surroundings {
  /** Tokens with which conversations are cleaned and annotated, and their origin in words. */
  readonly tokens: PromptTokens
  readonly tokensOf: string
  /** Index of the last token that `clean` assumes to be read; null if unknown. */
  readonly seqLen: number | null
  /** Files that other commands of the script write; null if unknown. */
  readonly made: readonly string[] | null
  /** Whether the lines of the script end with CR LF. */
  readonly crlf: boolean
}

/** The value of a key; undefined if it is not set. */
export const valueOf = (subject: LintSubject, key: string): Value | undefined => subject.settings.get(key)?.value

/** The value of a key if it is a number; otherwise null. */
export function numberOf(subject: LintSubject, key: string): number | null {
  const value = valueOf(subject, key)
  return typeof value === 'number' ? value : null
}
