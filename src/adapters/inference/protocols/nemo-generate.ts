import { z } from 'zod'
import { maxSentences } from '../../../domain/generate-contract.js'
import type { Generation, HttpReply, Protocol, Verdict } from './protocol.js'
import { classifyStatus, excerpt } from './status.js'
import { parseOrUndefined } from '../../../domain/json/json.js'

/** The used part of a 200 reply. `scores` is an extension of our own server, requested by a header. */
const Reply = z.object({
  sentences: z.array(z.string()),
  scores: z.array(z.record(z.string(), z.number()).nullable()).optional().catch(undefined),
})

/** A string in the default notation of Python's `json.dumps`: everything but printable ASCII escaped. */
export const asciiJson = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const list = (texts: readonly string[]): string => `[${texts.map(asciiJson).join(', ')}]`

/** The original annotator's body, byte for byte (docs/reference/original-scripts.md#requests). */
const greedyBody = (sentences: readonly string[], { maxTokens, endStrings }: Generation): string =>
  `{"sentences": ${list(sentences)}, "tokens_to_generate": ${maxTokens}, "temperature": 0.1, "add_BOS": false, ` +
  '"top_k": 1, "top_p": 1.0, "greedy": true, "all_probs": false, "repetition_penalty": 1.0, ' +
  `"min_tokens_to_generate": 1, "end_strings": ${list(endStrings)}}`

/** The same with sampling. Servers before v1.23 ignore the seed. */
function body(sentences: readonly string[], generation: Generation): string {
  const { sampling } = generation
  if (sampling === undefined || sampling.temperature === 0) return greedyBody(sentences, generation)
  const drawn = { temperature: sampling.temperature, top_k: sampling.topK, top_p: sampling.topP, greedy: false }
  return JSON.stringify({
    ...(JSON.parse(greedyBody(sentences, generation)) as object),
    ...drawn,
    ...(sampling.seed === null ? {} : { random_seed: sampling.seed }),
  })
}

/** NeMo's Megatron text generation server: `PUT /generate` (docs/reference/inference-servers.md#nemo-generate). */
export const nemoGenerate: Protocol = {
  name: 'nemo-generate',
  gives: 'text',
  maxBatch: maxSentences,

  request: generations => ({
    method: 'PUT',
    path: '/generate',
    headers: { 'content-type': 'application/json', 'x-steerflow-scores': '1' },
    body: body(
      generations.map(generation => generation.prompt),
      generations[0]!,
    ),
  }),

  classify: (reply, count) => (reply.status === 200 ? classifyBody(reply, count) : classifyStatus(reply)),
}

/**
 * Status 200 is not success: the server refuses a value with 200 and a JSON string, and may return too few sentences.
 */
function classifyBody(reply: HttpReply, count: number): Verdict {
  const json = parseOrUndefined(reply.body)
  if (json === undefined) return { kind: 'elsewhere', reason: `not JSON: ${excerpt(reply.body)}` }
  if (typeof json === 'string') return { kind: 'poison', reason: `refused: ${excerpt(json)}` }
  const parsed = Reply.safeParse(json)
  if (!parsed.success) return { kind: 'elsewhere', reason: `no sentences: ${excerpt(reply.body)}` }
  const { sentences, scores } = parsed.data
  if (sentences.length !== count) {
    return { kind: 'elsewhere', reason: `${sentences.length} sentences for ${count} prompts` }
  }
  return {
    kind: 'ok',
    answers: sentences.map((sentence, index) => ({
      kind: 'sentence',
      sentence,
      scores: scores?.[index] ?? null,
      tokens: null,
    })),
  }
}
