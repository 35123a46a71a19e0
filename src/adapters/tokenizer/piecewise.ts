import { SteerflowError } from '../../domain/errors.js'
import { continued, type Encode } from '../../domain/mask/tokenizer.js'
import { cachedEncode } from './encode-cache.js'
import type { ModelFacts } from './model-file.js'

/** Maximum UTF-8 bytes in one call: about 80 MiB of the memory of SentencePiece, which never frees it, and
 * some 350 MB of tokenizer.json's. */
const atMost = 1_048_576

/** @throws STEERFLOW_UNMASKABLE for a text of more than 1 MiB, which is not encoded in one call. */
export function bounded(text: string): string {
  if (text.length > atMost / 3 && Buffer.byteLength(text) > atMost) {
    throw new SteerflowError('STEERFLOW_UNMASKABLE', 'a text has more than 1 MiB without a place to split it')
  }
  return text
}

/**
 * Tokenizes part by part: a text is split wherever no token can cross (ends of lines, ends of words), and the ids of
 * its parts are concatenated. That is faster, since words recur and are cached up to `capacity` characters, and the
 * longest part limits the memory. Encoding throws STEERFLOW_UNMASKABLE for more than 1 MiB without such a place.
 */
export function piecewiseEncode(encode: Encode, facts: ModelFacts, capacity: number): Encode {
  const whole: Encode = text => encode(bounded(text))
  if (!facts.linesIndependent) return whole
  const first = cachedEncode(whole, capacity)
  const further = cachedEncode(continued(whole), capacity)
  return text => {
    const end = partEnd(text, 0, facts.wordsIndependent)
    const ids = [...first(text.slice(0, end))]
    for (let from = end; from < text.length;) {
      const to = partEnd(text, from, facts.wordsIndependent)
      for (const id of further(text.slice(from, to))) ids.push(id)
      from = to
    }
    return ids
  }
}

const lineBreak = 0x0a
/** SentencePiece writes a space as U+2581, and treats both alike. */
const isSpace = (unit: number) => unit === 0x20 || unit === 0x2581

/** End of the part that begins at `from`: after a line break, or before the space that follows a word. */
function partEnd(text: string, from: number, atWords: boolean): number {
  let inWord = false
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === lineBreak) return at + 1
    if (!isSpace(unit)) inWord = true
    else if (inWord && atWords) return at
  }
  return text.length
}
