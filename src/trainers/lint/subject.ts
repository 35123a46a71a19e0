import type { PromptTokens } from '../../domain/prompt-tokens.js'
import type { TrainedModel } from '../../domain/model.js'
import type { ShellWord } from './shell-words.js'

export type Value = string | number | boolean | null

/** One key that a job sets, with the word of a command line that it came from, if it came from one. */
export interface Setting {
  readonly key: string
  readonly value: Value
  readonly word: ShellWord | null
}

/** What is looked at: a training job of this workspace, or a command of a shell script. */
export interface LintSubject {
  /** The job's or dataset's name, or which command of the script it is. */
  readonly name: string
  /** Whether it is a training job; otherwise it is one of the other commands of a script. */
  readonly trains: boolean
  /** Null for a command, which does not say it. */
  readonly trainer: string | null
  readonly role: TrainedModel['role'] | null
  readonly settings: ReadonlyMap<string, Setting>
  /** Words of the command that set nothing. */
  readonly words: readonly ShellWord[]
  /** Why the trainer refuses the settings; null when it takes them. */
  readonly refused: string | null
  /** The tokens that it trains with; null when it sets none. */
  readonly tokens: PromptTokens | null
  /** Tokens of a row that the trainer reads; null when it does not say. */
  readonly maxLength: number | null
}

/** What stands around a subject. */
export interface Surroundings {
  /** Tokens that conversations are cleaned and annotated with, and who says so. */
  readonly tokens: PromptTokens
  readonly tokensOf: string
  /** Index of the last token that `clean` counts on; null where it is not known. */
  readonly seqLen: number | null
  /** Files that other commands of the script write; null where nothing is known of that. */
  readonly made: readonly string[] | null
}

/** The value of a key; undefined when it is not set. */
export const valueOf = (subject: LintSubject, key: string): Value | undefined => subject.settings.get(key)?.value

/** The value of a key when it is a number. */
export function numberOf(subject: LintSubject, key: string): number | null {
  const value = valueOf(subject, key)
  return typeof value === 'number' ? value : null
}
