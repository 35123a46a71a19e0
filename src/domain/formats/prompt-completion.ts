import { readExchange } from './exchange.js'
import { readByDefault, type SourceFormat } from './format.js'
import { allBut, firstSaid, onlyKey, ratingKeys, type Fields } from './meaning.js'
import { besideKeys } from './thread.js'

const prompts = ['prompt', 'input'] as const
const answers = ['completion', 'response', 'output'] as const

const keysOf = (record: Fields) => [firstSaid(record, prompts), firstSaid(record, answers)] as const

const isSaid = (value: unknown): boolean => typeof value === 'string' || Array.isArray(value)

/** A prompt and its completion, as texts or as lists of messages: `{prompt, completion}`. */
export const promptCompletion: SourceFormat = {
  name: 'prompt-completion',
  summary: 'prompts with their completions: {prompt, completion}',
  attributeSet: null,
  refuses: [...allBut(...prompts, ...answers, ...besideKeys), ...ratingKeys],
  detect: record => {
    const [prompt, answer] = keysOf(record)
    return prompt !== undefined && answer !== undefined && isSaid(record[prompt]) && isSaid(record[answer])
  },
  read: (record, _, how = readByDefault) => {
    const [prompt, answer] = [onlyKey(record, prompts), onlyKey(record, answers)]
    const said = (value: unknown, role: string): unknown =>
      typeof value === 'string' ? [{ role, content: value }] : value
    const exchange = {
      request: said(record[prompt!], 'user'),
      requestAt: prompt!,
      answer: said(record[answer!], 'assistant'),
      answerAt: answer!,
    }
    return readExchange({ format: promptCompletion.name, ...exchange, beside: record }, how)
  },
}
