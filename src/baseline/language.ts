import { eachCharGram, normalise } from './ngrams.js'

/** Recognises the language of a text among those that the labels named. */
export interface LanguageModel {
  /** Language codes in code-point order. A single code is always the answer; without codes there is no answer. */
  readonly codes: readonly string[]
  /** Log probability of each n-gram bucket in each language, language by language; empty for fewer than two. */
  readonly logs: Float32Array
}

/** A text and the language code of its label. */
export interface TextInLanguage {
  readonly text: string
  readonly code: string
}

/** Buckets for runs of one to three characters; few, since each language has a table of them. */
const languageBuckets = 2 ** 12
/** Number of characters examined: a language shows in a few lines. */
const looked = 1_000

function eachGram(text: string, found: (bucket: number) => void): void {
  eachCharGram(normalise(text.slice(0, looked)), 1, 3, bucket => found(bucket % languageBuckets))
}

/** Learns a multinomial naive Bayes classifier over character n-grams, with all languages equally likely. */
export function fitLanguages(texts: readonly TextInLanguage[]): LanguageModel {
  const codes = [...new Set(texts.map(({ code }) => code))].sort()
  if (codes.length < 2) return { codes, logs: new Float32Array(0) }
  const counts = new Float64Array(codes.length * languageBuckets).fill(0.5)
  const placeOf = new Map(codes.map((code, place) => [code, place * languageBuckets]))
  for (const { text, code } of texts) {
    const place = placeOf.get(code)!
    eachGram(text, bucket => counts[place + bucket]!++)
  }
  const totals = codes.map((_, place) =>
    counts.subarray(place * languageBuckets, (place + 1) * languageBuckets).reduce((sum, count) => sum + count, 0),
  )
  const logs = Float32Array.from(counts, (count, at) => Math.log(count / totals[Math.floor(at / languageBuckets)]!))
  return { codes, logs }
}

/** The most likely language of a text; null if the labels named none. */
export function languageOf({ codes, logs }: LanguageModel, text: string): string | null {
  if (codes.length < 2) return codes[0] ?? null
  const likelihood = new Float64Array(codes.length)
  eachGram(text, bucket => {
    for (let place = 0; place < codes.length; place++) likelihood[place]! += logs[place * languageBuckets + bucket]!
  })
  return codes[likelihood.indexOf(Math.max(...likelihood))]!
}
