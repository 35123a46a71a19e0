import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import type { ThreadOptions } from '../../src/adapters/tokenizer/messages.js'
import { ConversationType } from '../../src/domain/conversation.js'
import { controlTokens, extraIdTokens } from '../../src/domain/prompt-tokens.js'

const folder = 'test/golden/data/tokenizers'

/** Small tokenizers, made by make.py beside them, each with the parts of a family of models. */
export const jsonModels = ['llama3', 'qwen', 'nemotron', 'mistral', 'gemma', 'unigram'] as const
export type JsonModel = (typeof jsonModels)[number]
export const jsonPath = (name: JsonModel): string => `${folder}/${name}.json`
export const jsonText = (name: JsonModel): string => readFileSync(jsonPath(name), 'utf8')

const zipped = (name: string): unknown => JSON.parse(gunzipSync(readFileSync(`${folder}/${name}`)).toString())

/** Hostile texts, and the ids that Python's `tokenizers`, of the version that the file names, gives for them. */
export const goldenIds = () =>
  z
    .strictObject({
      tokenizers: z.string(),
      texts: z.array(z.string()),
      ids: z.record(z.enum(jsonModels), z.array(z.array(z.int()))),
    })
    .parse(zipped('ids.json.gz'))

const Turn = z.strictObject({ from: z.string(), value: z.string(), label: z.string() })
/**
 * Conversations with their ids, and masks that were computed from the places of tokens in the text, without the counting of
 * the trainer's loader.
 */
export const goldenMasks = () =>
  z
    .strictObject({
      chats: z.array(
        z.strictObject({
          usual: z.boolean(),
          input: z.strictObject({
            conversations: z.array(Turn),
            system: z.string(),
            mask: z.string(),
            type: ConversationType.nullable(),
          }),
        }),
      ),
      masks: z.array(
        z.strictObject({
          tokenizer: z.enum(jsonModels),
          tokens: z.enum(['extra-id', 'control']),
          masks: z.array(z.strictObject({ ids: z.array(z.int()), mask: z.string() })),
        }),
      ),
    })
    .parse(zipped('masks.json.gz'))

/** A tokenizer.json that merges two pieces before all others. */
export function merging(name: JsonModel, left: string, right: string): string {
  const document = z
    .looseObject({
      model: z.looseObject({
        vocab: z.record(z.string(), z.int()),
        merges: z.array(z.tuple([z.string(), z.string()])),
      }),
    })
    .parse(JSON.parse(jsonText(name)))
  const { vocab, merges } = document.model
  vocab[left + right] = Object.keys(vocab).length + 100
  merges.unshift([left, right])
  return JSON.stringify(document)
}

/** Options of a thread that returns rows. */
export const rowsOf = (model: string, tokens: 'extra-id' | 'control'): ThreadOptions => ({
  model,
  kind: 'json',
  tokens: tokens === 'control' ? controlTokens : extraIdTokens,
  question: { ask: 'row', maxTokens: 1_000_000 },
})
