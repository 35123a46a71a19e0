import { eachCharGram, normalise } from './ngrams.js'

/** Tells the language of a text among those that the labels named. */
export interface LanguageModel {
  /** Language codes in code-point order. With one code that one is always the answer, with none there is no answer. */
  readonly codes: readonly string[]
  /** Log probability of each n-gram bucket in each language, language after language; empty for fewer than two. */
  readonly logs: Float32Array
}

/** A text and the code that its label gives it. */
export interface TextInLanguage {
  readonly text: string
  readonly code: string
}

/** Buckets of the runs of one to three characters; few, since there is a table of them for each language. */
const languageBuckets = 2 ** 12
/** Characters of a text that are looked at: a language shows in a few lines. */
const looked = 1_000

function eachGram(text: string, found: (bucket: number) => void): void {
  eachCharGram(normalise(text.slice(0, looked)), 1, 3, bucket => found(bucket % languageBuckets))
}

/** Learns a multinomial naive Bayes classifier over character n-grams, every language as likely as another. */
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

/** The most likely language of a text, null when the labels named none. */
export function languageOf({ codes, logs }: LanguageModel, text: string): string | null {
  if (codes.length < 2) return codes[0] ?? null
  const likelihood = new Float64Array(codes.length)
  eachGram(text, bucket => {
    for (let place = 0; place < codes.length; place++) likelihood[place]! += logs[place * languageBuckets + bucket]!
  })
  return codes[likelihood.indexOf(Math.max(...likelihood))]!
}
