import { mix32 } from './mix.js'

/**
 * Removes differences that do not matter between two answers: Unicode NFKC (ligatures, full-width forms), lower case, one
 * space for every run of white space, none at the ends. Punctuation stays.
 */
export const normalised = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()

/** The role of a character in the words of a text. */
const between = 1
const partOfWord = 2
const wordByItself = 3

/** Scripts without spaces between words: each of their characters counts as a word. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const symbol = /\p{S}/u
const letter = /[\p{L}\p{M}\p{N}]/u

function classOf(character: string): number {
  if (symbol.test(character) || unspaced.test(character)) return wordByItself
  return letter.test(character) ? partOfWord : between
}

/** The class of each UTF-16 unit seen so far; 0: not yet. Testing each by regular expressions would cost the most. */
const classes = new Uint8Array(0x1_0000)

/**
 * Hashes of the words of a text, in order. Words are runs of letters, marks and digits. A symbol (`+`, `=`, an emoji) is a
 * word too, so that sums differ by their signs; punctuation is not.
 */
export function wordHashes(normalisedText: string): number[] {
  const words: number[] = []
  const { length } = normalisedText
  let hash = 0
  let units = 0
  const end = (): void => {
    if (units > 0) words.push(mix32(hash))
    hash = 0
    units = 0
  }
  for (let at = 0; at < length; at++) {
    const unit = normalisedText.charCodeAt(at)
    const pair = unit >= 0xd800 && unit < 0xdc00 && at + 1 < length
    const kind = pair
      ? classOf(String.fromCodePoint(normalisedText.codePointAt(at)!))
      : (classes[unit] ||= classOf(normalisedText[at]!))
    if (kind !== partOfWord) end()
    if (kind !== between) {
      // FNV-1a over the units; its weak low bits are mixed at the end of the word.
      hash = Math.imul(hash ^ unit ^ 0x811c9dc5, 0x01000193)
      if (pair) hash = Math.imul(hash ^ normalisedText.charCodeAt(at + 1), 0x01000193)
      units++
    }
    if (kind === wordByItself) end()
    if (pair) at++
  }
  end()
  return words
}
