import { longestText, wordsOf } from './ngrams.js'
import type { TurnInContext } from './turn.js'

/** The input of the hand features: a turn with its text and words. */
interface Looked {
  readonly turn: TurnInContext
  /** The part of the text that the n-grams see. */
  readonly text: string
  readonly words: readonly string[]
  readonly distinct: ReadonlySet<string>
  readonly letters: number
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0
const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/** Share of the distinct words that also occur in the previous turn. */
function overlap({ turn, distinct }: Looked): number {
  const before = new Set(wordsOf((turn.before ?? '').slice(0, longestText).toLowerCase()))
  return share([...distinct].filter(word => before.has(word)).length, distinct.size)
}

const firstPerson = /^(i|me|my|mine)$|^i['’]/

/** The features designed by hand. A count n becomes log(1 + n), so that each doubling is a step of equal size. */
const features: Readonly<Record<string, (looked: Looked) => number>> = {
  characters: ({ turn }) => Math.log1p(turn.text.length),
  words: ({ words }) => Math.log1p(words.length),
  lines: ({ text }) => Math.log1p(count(text, /\n/g)),
  sentences: ({ text }) => Math.log1p(count(text, /[.!?。！？](\s|$)/gu)),
  'letters a word': ({ letters, words }) => share(letters, words.length),
  'list items': ({ text }) => Math.log1p(count(text, /^[ \t]*([-*•]|\d{1,3}[.)])[ \t]/gmu)),
  code: ({ text }) => Math.log1p(count(text, /`/g)),
  links: ({ text }) => Math.log1p(count(text, /https?:\/\//gu)),
  'question marks': ({ text }) => Math.log1p(count(text, /[?？]/gu)),
  'exclamation marks': ({ text }) => Math.log1p(count(text, /[!！]/gu)),
  digits: ({ text }) => share(count(text, /\p{N}/gu), text.length),
  capitals: ({ text, letters }) => share(count(text, /\p{Lu}/gu), letters),
  punctuation: ({ text }) => share(count(text, /\p{P}/gu), text.length),
  'distinct words': ({ distinct, words }) => share(distinct.size, words.length),
  'first person': ({ words }) => share(words.filter(word => firstPerson.test(word)).length, words.length),
  'overlap with the turn before': overlap,
  'characters of the turn before': ({ turn }) => Math.log1p(turn.before?.length ?? 0),
  'turns before': ({ turn }) => Math.log1p(turn.turnsBefore),
  user: ({ turn }) => (turn.user ? 1 : 0),
}

/** Names of the hand features, in the order of their values. */
export const handFeatureNames: readonly string[] = Object.keys(features)

/** The hand features of a turn, not yet standardised, in the order of `handFeatureNames`. */
export function handFeatures(turn: TurnInContext): readonly number[] {
  const text = turn.text.slice(0, longestText)
  const words = wordsOf(text.toLowerCase())
  const looked = { turn, text, words, distinct: new Set(words), letters: count(text, /\p{L}/gu) }
  return Object.values(features).map(feature => feature(looked))
}
