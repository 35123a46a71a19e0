/** The share of different words among the first 100 of a text, from 0 to 1: of short and long texts alike. 1 of no words. */
export function uniqueWords(text: string): number {
  const words =
    text
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu)
      ?.slice(0, 100) ?? []
  return words.length === 0 ? 1 : Math.round((new Set(words).size / words.length) * 1e4) / 1e4
}
