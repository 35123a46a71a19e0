import { readFile } from 'node:fs/promises'

/** What a corpus holds, counted without the code under test. */
export interface CorpusCount {
  readonly conversations: number
  readonly turns: number
  /** Whether the file ends within an element. */
  readonly torn: boolean
}

/**
 * Counts the elements of a JSON array of ShareGPT's form, and their turns: cuts the text at the braces outside strings, and
 * gives each piece to JSON.parse.
 */
export async function countCorpus(path: string): Promise<CorpusCount> {
  const text = await readFile(path, 'utf8')
  let [depth, begin, conversations, turns] = [0, 0, 0, 0]
  let isText = false
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (isText) {
      if (sign === 0x5c) at++
      else if (sign === 0x22) isText = false
    } else if (sign === 0x22) isText = true
    else if (sign === 0x7b && depth++ === 0) begin = at
    else if (sign === 0x7d && --depth === 0) {
      conversations++
      turns += (JSON.parse(text.slice(begin, at + 1)) as { conversations: unknown[] }).conversations.length
    }
  }
  return { conversations, turns, torn: depth > 0 || isText }
}
