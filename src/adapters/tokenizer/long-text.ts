import { SteerflowError } from '../../domain/errors.js'
import { continued, type Encode } from '../../domain/mask/tokenizer.js'
import { type ModelFacts } from './model-file.js'

/** Characters of a text that is encoded in one call as it is. */
const wholeUpTo = 65_536
/** UTF-8 bytes that are encoded in one call at most: about 80 MiB of the library's memory. */
const atMost = 1_048_576

/**
 * The tokenizer with bounded memory: a long text is cut where no token can be (ends of lines, ends of words), and its
 * parts are encoded one by one. The ids are the same.
 * Encoding throws STEERFLOW_UNMASKABLE for more than 1 MiB without such a place.
 */
export function boundedEncode(encode: Encode, facts: ModelFacts): Encode {
  const continuing = continued(encode)
  return text => {
    if (text.length <= wholeUpTo) return encode(text)
    const ids: number[] = []
    for (let from = 0; from < text.length;) {
      const to = cut(text, from, facts)
      const part = text.slice(from, to)
      if (part.length > atMost / 3 && Buffer.byteLength(part) > atMost) {
        throw new SteerflowError('STEERFLOW_UNMASKABLE', 'a text has more than 1 MiB without a place to cut it')
      }
      for (const id of (from === 0 ? encode : continuing)(part)) ids.push(id)
      from = to
    }
    return ids
  }
}

/** End of the part that begins at `from`: the last safe place within reach, otherwise the first one behind it. */
function cut(text: string, from: number, { linesIndependent, wordsIndependent }: ModelFacts): number {
  // Parts are put behind a NUL and a line break is the border that needs no other: without it, nothing is known.
  if (!linesIndependent || text.length - from <= wholeUpTo) return text.length
  const safe = (at: number) =>
    text[at - 1] === '\n' || (wordsIndependent && text[at] === ' ' && !/[ \u2581]/.test(text[at - 1] ?? ' '))
  let at = from + wholeUpTo
  while (at > from && !safe(at)) at--
  if (at > from) return at
  at = from + wholeUpTo + 1
  while (at < text.length && !safe(at)) at++
  return at
}
