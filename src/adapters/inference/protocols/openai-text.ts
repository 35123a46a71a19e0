import type { Protocol, HttpReply, TokenCounts, Verdict } from './protocol.js'
import { z } from 'zod'
import { parseOrUndefined } from '../../../domain/json/json.js'
import { greedy } from '../../../domain/sampling.js'
import { Guided, guidedFields } from './guided.js'
import { classifyStatus, excerpt } from './status.js'

/** `POST /v1/completions`: the server continues the prompt without changes. */
export const openAiCompletions = (options: OpenAiOptions): Protocol =>
  openAiText(
    {
      name: 'openai-completions',
      path: '/v1/completions',
      prompt: prompt => ({ prompt }),
      text: choice => choice.text,
    },
    options,
  )

/**
 * `POST /v1/chat/completions`: the whole prompt is one user message, since messages have no place for a label after a
 * turn; the reply is its continuation. The server applies its chat template, so a model that was trained on the bare
 * prompt needs a template that passes the message through.
 */
export const openAiChat = (options: OpenAiOptions): Protocol =>
  openAiText(
    {
      name: 'openai-chat',
      path: '/v1/chat/completions',
      prompt: content => ({ messages: [{ role: 'user', content }] }),
      text: choice => choice.message?.content,
    },
    options,
  )

const Event = z.looseObject({
  choices: z.array(
    z.looseObject({
      text: z.string().nullish(),
      delta: z.looseObject({ content: z.string().nullish() }).nullish(),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: z.unknown().optional(),
})

/**
 * Joins the events of a streamed reply (`data: {…}` per line) into the reply without streaming: one choice with the
 * whole text, the last `finish_reason` and the last `usage`. An event that does not fit, e.g. an error, is returned
 * unchanged; undefined if there is no event, or one is not JSON.
 */
export function joinEvents(body: string): unknown {
  const lines = body.split('\n').flatMap(line => (line.startsWith('data:') ? [line.slice('data:'.length).trim()] : []))
  if (lines.length === 0) return undefined
  let text = ''
  let finish: string | null = null
  let usage: unknown = null
  for (const line of lines.filter(one => one !== '[DONE]')) {
    const json = parseOrUndefined(line)
    const event = Event.safeParse(json)
    if (!event.success) return json
    const [choice] = event.data.choices
    text += choice?.text ?? choice?.delta?.content ?? ''
    finish = choice?.finish_reason ?? finish
    usage = event.data.usage ?? usage
  }
  return { choices: [{ text, message: { content: text }, finish_reason: finish }], usage }
}

/** Options of the protocols for OpenAI-compatible servers that generate text. */
export const OpenAiOptions = z.strictObject({
  model: z.string().min(1).optional().describe('name sent as `model` (default: none)'),
  guided: Guided.default('none').describe('how label lines are enforced by the server'),
  stream: z
    .boolean()
    .optional()
    .describe('stream replies: some servers (llama.cpp) cancel an abandoned request only then'),
})
export type OpenAiOptions = z.output<typeof OpenAiOptions>

/** The differences between completions and chat. */
export interface Dialect {
  readonly name: string
  readonly path: string
  prompt(text: string): Readonly<Record<string, unknown>>
  text(choice: CompletionChoice): string | null | undefined
}

export const CompletionChoice = z.looseObject({
  text: z.string().nullish(),
  message: z.looseObject({ content: z.string().nullish() }).nullish(),
  finish_reason: z.string().nullish(),
})
export type CompletionChoice = z.output<typeof CompletionChoice>

const Count = z.int().nonnegative()
const Reply = z.looseObject({
  choices: z.array(CompletionChoice),
  usage: z.looseObject({ prompt_tokens: Count, completion_tokens: Count }).nullish().catch(null),
})

/**
 * `finish_reason` of a complete generation: a stop string, the end of text, or the limit. Some servers use their own
 * words for the first two. Every other value (null, absent, empty, `abort`, `content_filter`) means that the generation
 * was interrupted.
 */
const ends = new Set(['stop', 'length', 'eos_token', 'stop_sequence'])

/** An OpenAI-compatible server (vLLM, SGLang, llama.cpp, NIM) that continues prompts. */
export function openAiText(dialect: Dialect, { model, guided, stream = false }: OpenAiOptions): Protocol {
  return {
    name: dialect.name,
    gives: 'text',
    // These servers batch concurrent requests themselves, and count tokens only for requests with one prompt
    // (docs/reference/inference-servers.md#llamacpp).
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
          // Explicit, since servers take other defaults from the settings of a model.
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

/**
 * Status 200 is not success: another request may have interrupted the generation
 * (docs/reference/inference-servers.md#llamacpp).
 */
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
    // A label is never empty, nor is a text that reached its limit.
    if (text == null || (text === '' && !(answers && finish === 'stop'))) return elsewhere(`no text: ${excerpt(body)}`)
    read.push({ text, finish })
  }
  const tokens: TokenCounts | null =
    usage && count === 1 ? { prompt: usage.prompt_tokens, completion: usage.completion_tokens } : null
  return { kind: 'ok', answers: read.map(one => ({ kind: 'continuation', ...one, tokens })) }
}
