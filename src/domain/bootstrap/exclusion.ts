import { isMasked } from '../formats/speakers.js'
import { digest } from '../digest.js'
import { normalised } from '../near-duplicates/words.js'
import { contexts, type DuePrompt, lastDue, type Spoken } from './due-prompts.js'

/** 128 bits of a digest as a string of 16 bytes, since there may be millions. */
const compact = (hex: string): string => Buffer.from(hex, 'hex').subarray(0, 16).toString('latin1')

const compactText = (text: string): string => compact(digest(normalised(text)))

/**
 * Prompts that must not be sampled because of validation and evaluation records: the contexts of these records, and every
 * prompt whose last turn has the text of one of their user turns, whatever came before it.
 */
export class Exclusion {
  readonly #prompts = new Set<string>()
  readonly #texts = new Set<string>()

  /** Excludes every prompt that a conversation could give. */
  add(conversation: Spoken): void {
    const whole = lastDue(conversation)
    for (const { prompt_id } of contexts(conversation)) this.#prompts.add(compact(prompt_id))
    if (whole) this.#prompts.add(compact(whole.prompt_id))
    for (const { from, value } of conversation.turns)
      if (isMasked(from, conversation.mask)) this.#texts.add(compactText(value))
  }

  /** Whether the prompt must not be sampled. */
  has({ prompt_id, turns }: DuePrompt): boolean {
    return this.#prompts.has(compact(prompt_id)) || this.#texts.has(compactText(turns.at(-1)!.value))
  }
}
