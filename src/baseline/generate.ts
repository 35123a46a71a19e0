import { type Generated, type GenerateRequest } from '../domain/generate-contract.js'
import { roundHalfEven } from '../domain/label-line.js'
import { type PromptTokens } from '../domain/prompt-tokens.js'
import { type LabelValues, missingOfLabel } from './label-tokens.js'
import { type BaselineModel } from './model.js'
import { type Prediction, predictor } from './predict.js'
import { type ReadPrompt, readPrompt } from './read-prompt.js'
import { tokenId, tokenizer, tokenOffsets } from './tokens.js'

/** Most tokens that are generated for a prompt, whatever a request asks. */
export const longestContinuation = 1_024

/** What a request is answered with: the contract's values, and the raw scores behind them. */
export interface BaselineGenerated extends Generated {
  /** Raw scores of the last turn of each prompt, by attribute key. */
  readonly scores: readonly Readonly<Record<string, number>>[]
}

/** Carries out a request that passed the contract's checks. */
export type Generate = (request: GenerateRequest) => BaselineGenerated

/** The values of a label line: whole points on each attribute's scale, then the language where there is one. */
function labelValues({ attributeSet }: BaselineModel, { scores, language }: Prediction): LabelValues {
  const values = new Map<string, string>()
  for (const { key, min, max } of attributeSet.attributes) {
    values.set(key, String(Math.min(max, Math.max(min, roundHalfEven(scores[key]!)))))
  }
  if (attributeSet.language && language !== null) values.set('lang', language)
  return values
}

/** The tokens behind a prompt up to the end of text. */
function continuation(prompt: string, read: ReadPrompt, values: LabelValues, tokens: PromptTokens): readonly string[] {
  const { label, unspoken } = read
  if (unspoken) return []
  const missing = missingOfLabel(label ?? '', values)
  if (missing === null) return label?.indexOf('\n') === label!.length - 1 ? [tokens.turn] : []
  const begin = label !== null ? [] : prompt.endsWith('\n') ? [tokens.label] : ['\n', tokens.label]
  return [...begin, ...missing, tokens.turn]
}

/** As many of the tokens as the request's limits let through. */
function limited(prompt: string, tokens: readonly string[], request: GenerateRequest): readonly string[] {
  const most = Math.min(request.tokensToGenerate, longestContinuation)
  const generated: string[] = []
  let text = prompt
  while (generated.length < most) {
    // Where the end of text is banned, a line end is the next best.
    const token = tokens[generated.length] ?? (generated.length < request.minTokensToGenerate ? '\n' : null)
    if (token === null) break
    generated.push(token)
    text += token
    if (request.endStrings.some(end => text.endsWith(end))) break
  }
  return generated
}

/**
 * A generator over the model. The greedy continuation is a function of the prompt's string: the prompt is read back into
 * turns, all attributes of the last turn are predicted, and the label line is continued from whatever part of it the
 * prompt holds. Behind the line come a line end, the token that begins a turn, and the end of text. What the prompt says
 * of one attribute does not change the prediction of another, so that asking for one attribute a call and for the whole
 * line in one call give the same label. Sampling options change nothing.
 */
export function generator(model: BaselineModel, tokens: PromptTokens): Generate {
  const predict = predictor(model)
  const tokenize = tokenizer(tokens)
  return request => {
    const answers = request.sentences.map(prompt => {
      const read = readPrompt(prompt, tokens, model.user)
      const prediction = predict(read.turn)
      const generated = limited(prompt, continuation(prompt, read, labelValues(model, prediction), tokens), request)
      return { generated, tokens: [...tokenize(prompt), ...generated], scores: prediction.scores }
    })
    return {
      sentences: answers.map(({ generated }, i) => request.sentences[i]! + generated.join('')),
      tokens: answers.map(answer => answer.tokens),
      tokenIds: answers.map(answer => answer.tokens.map(tokenId)),
      offsets: answers.map(answer => tokenOffsets(answer.tokens)),
      logprob: null,
      scores: answers.map(({ scores }) => scores),
    }
  }
}
