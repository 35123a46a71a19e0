import { readLines } from '../../adapters/files/lines.js'
import type { Line } from '../../adapters/files/splitter.js'
import { decodeUtf8 } from '../../adapters/files/utf8.js'
import { openLine } from '../../domain/annotated-line.js'
import { type AnnotatedTurns, isAnnotated, labelPrompt, labelUpTo } from '../../domain/prompt.js'
import { type AttributeSet, labelKeys } from '../../domain/attributes.js'
import { digest } from '../../domain/digest.js'
import type { Encode } from '../../domain/mask/tokenizer.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import { SteerflowError } from '../../domain/errors.js'

export interface EstimateOptions {
  readonly input: string
  readonly set: AttributeSet
  readonly tokens: PromptTokens
  readonly protocol: 'auto' | 'per-attribute'
  readonly turns: AnnotatedTurns
  readonly encode: Encode
}

/** Estimated effort to annotate a file. */
export interface Estimate {
  readonly records: number
  /** Lines that cannot be annotated. */
  readonly rejected: number
  /** Turns to score, and how many of them (`known`) need no call because another turn has the same prompt. */
  readonly turns: number
  readonly known: number
  readonly calls: number
  readonly tokens: { readonly prompt: number; readonly completion: number }
}

/** Limit on tokenized prompt characters; the rest is extrapolated. */
const sampled = 2_000_000

/**
 * Estimates the effort to annotate a file, without asking a server. Calls are exact if the server writes whole label lines,
 * and for `per-attribute`. Tokens are counted with the given tokenizer in the first two million characters and extrapolated;
 * predicted labels are assumed to be as long as a line of single digits.
 */
export async function estimate(options: EstimateOptions): Promise<Estimate> {
  const keys = labelKeys(options.set)
  const label = keys.map(key => `${key}:${key === 'lang' ? 'en' : '0'}`).join(',')
  const seen = new Set<string>()
  let [records, rejected, turns, known, characters, counted, tokens] = [0, 0, 0, 0, 0, 0, 0]
  const ask = (prompt: string): void => {
    characters += prompt.length
    if (counted > sampled) return
    counted += prompt.length
    tokens += options.encode(prompt).length
  }
  for await (const line of one(readLines(options.input))) {
    const opened = line.kind === 'line' ? read(line.bytes) : null
    if (!opened) {
      rejected++
      continue
    }
    records++
    const labelled = opened.turns.map(turn => ({ ...turn, label }))
    for (const [index, turn] of opened.turns.entries()) {
      if (!isAnnotated(options.turns, turn, opened.mask)) continue
      turns++
      const prompt = labelPrompt(opened.system, [...labelled.slice(0, index), turn], options.tokens)
      const key = digest(prompt).slice(0, 24)
      if (options.protocol === 'auto' && seen.has(key)) known++
      else {
        seen.add(key)
        if (options.protocol === 'auto') ask(prompt + labelUpTo('', keys[0]!))
        else
          for (const at of keys.keys())
            ask(
              prompt +
                label
                  .split(',')
                  .slice(0, at + 1)
                  .join(','),
            )
      }
    }
  }
  const asked = turns - known
  const calls = options.protocol === 'auto' ? asked : asked * keys.length
  const completion = options.protocol === 'auto' ? asked * options.encode(label).length : calls
  const prompt = Math.round(counted === 0 ? 0 : (tokens / counted) * characters)
  return { records, rejected, turns, known, calls, tokens: { prompt, completion } }
}

async function* one(lines: AsyncIterable<readonly Line[]>): AsyncGenerator<Line> {
  for await (const some of lines) yield* some
}

/** A line's conversation; null if the line will be rejected. */
function read(bytes: Buffer): ReturnType<typeof openLine> | null {
  try {
    return openLine(decodeUtf8(bytes))
  } catch (error) {
    if (error instanceof SteerflowError && error.kind === 'permanent') return null
    throw error
  }
}
