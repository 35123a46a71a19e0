/** Token ids of a text, as the trainer's tokenizer gives them: no begin or end token, nothing treated specially. */
export type Encode = (text: string) => readonly number[]

/** A tokenizer and its known properties. */
export interface Tokenizer {
  readonly encode: Encode
  /** Whether no token spans a line end. Then the ids of a text are the ids of its lines, one after another. */
  readonly linesIndependent: boolean
}

/** Put before a text that continues another. */
export const opening = '\x00'

/**
 * Ids of a text that continues another. SentencePiece puts a space before its input, so the trainer's loader encodes NUL and
 * the text, and removes NUL's own ids (docs/reference/loss-masks.md#ids-that-continue-a-text).
 */
export function continued(encode: Encode): Encode {
  const before = encode(opening).length
  return text => encode(opening + text).slice(before)
}
