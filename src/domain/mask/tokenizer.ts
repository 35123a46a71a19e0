/** Token ids of a text, as the trainer's tokenizer gives them: no begin or end token, no special treatment of anything. */
export type Encode = (text: string) => readonly number[]

/**
 * A tokenizer, and what is known about it.
 */
export interface Tokenizer {
  readonly encode: Encode
  /**
   * Whether no token reaches over the end of a line: then the ids of a text are the ids of its lines, one after another.
   */
  readonly linesIndependent: boolean
}

const opening = '\x00'

/**
 * Ids of a text as it continues another one. SentencePiece puts a space before what it encodes, so the trainer's loader
 * encodes NUL and the text, and takes NUL's own ids away (docs/reference/loss-masks.md#ids-that-continue-a-text).
 */
export function continued(encode: Encode): Encode {
  const before = encode(opening).length
  return text => encode(opening + text).slice(before)
}
