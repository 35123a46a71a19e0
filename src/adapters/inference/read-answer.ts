import type { AttributeSet } from '../../domain/attributes.js'
import { SteerflowError } from '../../domain/errors.js'
import { formatLabel, roundHalfEven } from '../../domain/label-line.js'
import type { ScoredTurn } from '../../stages/needs.js'
import type { Answer, Generation, RawScores } from './protocols/protocol.js'

/**
 * A text without the beginning of an end string that the limit of tokens cut off
 * (docs/reference/inference-servers.md#llamacpp).
 */
export function withoutCutEnd(text: string, endStrings: readonly string[]): string {
  for (let length = Math.max(0, ...endStrings.map(end => end.length - 1)); length > 0; length--) {
    const tail = text.slice(-length)
    if (tail.length === length && endStrings.some(end => end.startsWith(tail))) return text.slice(0, -length)
  }
  return text
}

/**
 * Prompt and continuation, and the raw scores that came with them.
 * @throws STEERFLOW_INFERENCE_ANSWER when the server gave no text.
 */
export function readText(answer: Answer, { prompt, endStrings }: Generation): { sentence: string; raw: RawScores } {
  switch (answer.kind) {
    case 'sentence':
      return { sentence: answer.sentence, raw: answer.scores ?? {} }
    case 'continuation':
      return { sentence: prompt + withoutCutEnd(answer.text, endStrings), raw: {} }
    case 'scores':
      throw new SteerflowError('STEERFLOW_INFERENCE_ANSWER', 'scores came where a text was asked for')
  }
}

/**
 * The label that a turn's scores amount to: each is held to its scale and rounded half to even, as NeMo-Aligner's
 * annotator does (docs/reference/original-scripts.md#nemo-aligners-scripts). The scores stay as they came.
 * @throws STEERFLOW_INFERENCE_ANSWER when one is missing.
 */
export function readScores(answer: Answer, set: AttributeSet): ScoredTurn {
  const raw = answer.kind === 'scores' ? answer.scores : {}
  const absent = set.attributes.filter(({ key }) => !Number.isFinite(raw[key])).map(({ key }) => key)
  if (absent.length > 0) throw new SteerflowError('STEERFLOW_INFERENCE_ANSWER', `no score for ${absent.join(', ')}`)
  const points = set.attributes.map(
    ({ key, min, max }) => [key, roundHalfEven(Math.min(max, Math.max(min, raw[key]!)))] as const,
  )
  return {
    label: formatLabel(set, { scores: Object.fromEntries(points), lang: null }),
    scores: Object.fromEntries(set.attributes.map(({ key }) => [key, raw[key]!])),
  }
}
