import { z } from 'zod'
import { greedy } from '../../../domain/sampling.js'
import { Guided, guidedFields } from './guided.js'
import { joinEvents } from './openai-events.js'
import { type HttpReply, type Protocol, type TokenCounts, type Verdict } from './protocol.js'
import { classifyStatus, excerpt } from './status.js'
import { parseOrUndefined } from '../../../domain/json/parse.js'

/** Options of the protocols by which OpenAI-compatible servers generate text. */
export const OpenAiOptions = z.strictObject({
  model: z.string().min(1).optional().describe('name sent as `model`; left out: none is sent'),
  guided: Guided.default('none').describe('how label lines are enforced by the server'),
  stream: z
    .boolean()
    .optional()
    .describe('replies in pieces: some servers (llama.cpp) break off what nobody waits for any more only then'),
})
export type OpenAiOptions = z.output<typeof OpenAiOptions>

/** What differs between completions and chat: the path, how a prompt is put, where the text of a choice is. */
export interface Dialect {
  readonly name: string
  readonly path: string
  prompt(text: string): Readonly<Record<string, unknown>>
  text(choice: Choice): string | null | undefined
}

export const Choice = z.looseObject({
  text: z.string().nullish(),
  message: z.looseObject({ content: z.string().nullish() }).nullish(),
  finish_reason: z.string().nullish(),
})
export type Choice = z.output<typeof Choice>

const Count = z.int().nonnegative()
const Reply = z.looseObject({
  choices: z.array(Choice),
  usage: z.looseObject({ prompt_tokens: Count, completion_tokens: Count }).nullish().catch(null),
})

/**
 * How a generation ends that is whole: at a stop string or the end of text, or at its limit. Some servers spell the first
 * in their own way. Everything else (null, absent, empty, `abort`, `content_filter`) means that it was broken off.
 */
const ends = new Set(['stop', 'length', 'eos_token', 'stop_sequence'])

/** An OpenAI-compatible server (vLLM, SGLang, llama.cpp, NIM) as one that continues prompts. */
export function openAiText(dialect: Dialect, { model, guided, stream = false }: OpenAiOptions): Protocol {
  return {
    name: dialect.name,
    gives: 'text',
    // These servers batch what is under way by themselves, and count tokens only for one prompt a request (inference §1.1).
    maxBatch: 1,
    request: generations => {
      const { prompt, maxTokens, endStrings, line, sampling = greedy } = generations[0]!
      return {
        method: 'POST',
        path: dialect.path,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          ...(model === undefined ? {} : { model }),
          ...dialect.prompt(prompt),
          max_tokens: maxTokens,
          // Spelt out, since servers take other defaults from a model's own settings.
          temperature: sampling.temperature,
          top_p: sampling.topP,
          ...(sampling.topK === 0 ? {} : { top_k: sampling.topK }),
          ...(sampling.seed === null ? {} : { seed: sampling.seed }),
          n: 1,
          stream,
          ...(stream ? { stream_options: { include_usage: true } } : {}),
          stop: endStrings,
          ...guidedFields(guided, line),
        }),
      }
    },
    classify: (reply, count, answers = false) =>
      reply.status === 200 ? classifyBody(dialect, reply, count, answers) : classifyStatus(reply),
  }
}

/** Status 200 is not success: a generation may have been broken off, by another request too (inference §1.2). */
function classifyBody(dialect: Dialect, { body }: HttpReply, count: number, answers: boolean): Verdict {
  const elsewhere = (reason: string): Verdict => ({ kind: 'elsewhere', reason })
  const json = parseOrUndefined(body) ?? joinEvents(body)
  if (json === undefined) return elsewhere(`not JSON: ${excerpt(body)}`)
  const parsed = Reply.safeParse(json)
  if (!parsed.success) return elsewhere(`no choices: ${excerpt(body)}`)
  const { choices, usage } = parsed.data
  if (choices.length !== count) return elsewhere(`${choices.length} choices for ${count} prompts`)
  const read: { readonly text: string; readonly finish: 'stop' | 'length' }[] = []
  for (const choice of choices) {
    const end = choice.finish_reason ?? 'none'
    if (!ends.has(end)) return elsewhere(`broken off, finish_reason ${JSON.stringify(end)}`)
    const text = dialect.text(choice)
    const finish = end === 'length' ? 'length' : 'stop'
    // A label is never empty, and a text that reached its limit is not either.
    if (text == null || (text === '' && !(answers && finish === 'stop'))) return elsewhere(`no text: ${excerpt(body)}`)
    read.push({ text, finish })
  }
  const tokens: TokenCounts | null =
    usage && count === 1 ? { prompt: usage.prompt_tokens, completion: usage.completion_tokens } : null
  return { kind: 'ok', answers: read.map(one => ({ kind: 'continuation', ...one, tokens })) }
}
