import { SteerflowError } from '../../domain/errors.js'
import type { Trainer } from '../trainer.js'
import { trainerNamed } from '../trainers.js'
import type { Setting, LintSubject, Value } from './subject.js'

/** A job, or the job that a dataset's settings would request. */
export interface RequestedJob {
  readonly name: string
  readonly trainer: string
  readonly settings: Readonly<Record<string, unknown>>
}

const isFloat = (value: unknown): value is { readonly float: number } =>
  typeof value === 'object' && value !== null && 'float' in value

const plain = (value: unknown): Value => (isFloat(value) ? value.float : (value as Value))

/** A job of this workspace as a subject of the rules: its settings with the trainer's defaults. */
export function jobSubject(
  { name, trainer: called, settings: given }: RequestedJob,
  trainers: readonly Trainer[],
): LintSubject {
  const refused = (thrown: unknown): LintSubject => {
    if (!(thrown instanceof SteerflowError)) throw thrown
    const nothing = { role: null, settings: new Map(), words: [], detached: false, tokens: null, maxLength: null }
    return { name, trains: true, trainer: called, refused: thrown.message, ...nothing }
  }
  try {
    const trainer = trainerNamed(called, trainers)
    const values = Object.entries(trainer.settings(given)).filter(([, value]) => value !== undefined)
    const settings = new Map<string, Setting>(
      values.map(([key, value]) => [key, { key, value: plain(value), word: null }]),
    )
    return {
      name,
      trains: true,
      trainer: called,
      role: trainer.role,
      settings,
      words: [],
      detached: false,
      refused: null,
      tokens: trainer.promptTokens(given),
      maxLength: trainer.maxLength(given),
    }
  } catch (thrown) {
    return refused(thrown)
  }
}
