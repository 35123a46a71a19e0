import { z } from 'zod'
import type { HttpAnswer } from '../../../src/domain/generate-contract.js'
import { type ContractRequest, json, parsed } from './http.js'
import { rewardsOf } from './reward-model.js'
import type { ValueModel } from './value-model.js'

const Limits = {
  max_tokens: z.int().positive().default(16),
  temperature: z.number().nonnegative().default(1),
  n: z.int().positive().default(1),
  seed: z.int().nonnegative().optional(),
  top_p: z.number().optional(),
  top_k: z.int().optional(),
  stop: z.array(z.string()).max(4).default([]),
  stream: z.literal(false).default(false),
  /** Guided decoding, one field for each kind of server. */
  grammar: z.string().optional(),
  structured_outputs: z.object({ regex: z.string() }).optional(),
  guided_regex: z.string().optional(),
  regex: z.string().optional(),
  nvext: z.object({ guided_regex: z.string() }).optional(),
}
const Message = z.object({ role: z.enum(['user', 'assistant', 'system']), content: z.string() })
const Completion = z.object({ prompt: z.string(), ...Limits })
const Chat = z.object({ messages: z.array(Message).min(1), ...Limits })

const refused = (message: string, type = 'invalid_request_error'): HttpAnswer =>
  json(400, { error: { code: 400, message, type } })

/** Longest prompt, in characters; the error is llama.cpp's (docs/reference/inference-servers.md#llamacpp). */
const context = 100_000

/** What an OpenAI-compatible server answers: completions and chat, continued by a value model. */
export function openAiAnswer(
  modelFor: (seed: number | null) => ValueModel,
  { method, path, body }: ContractRequest,
): HttpAnswer {
  const chat = path === '/v1/chat/completions'
  if (method !== 'POST' || (!chat && path !== '/v1/completions')) {
    return json(404, { error: { code: 404, message: 'File Not Found', type: 'not_found_error' } })
  }
  const request = (chat ? Chat : Completion).safeParse(parsed(body))
  if (!request.success) return refused(z.prettifyError(request.error))
  const { data } = request
  const prompt = 'prompt' in data ? data.prompt : data.messages.map(message => message.content).join('\n')
  if (prompt.length > context) return refused('the request exceeds the context size', 'exceed_context_size_error')
  const { text, tokens, stopped } = continued(
    modelFor(data.temperature === 0 ? null : (data.seed ?? null)),
    prompt,
    data.max_tokens,
    data.stop,
  )
  const regex = data.structured_outputs?.regex ?? data.guided_regex ?? data.regex ?? data.nvext?.guided_regex
  // A real server would not write anything else: here it shows that the expression fits what the model writes.
  if (regex !== undefined && !new RegExp(`^(?:${regex})$`).test(text)) return refused(`${text} does not match ${regex}`)
  if (data.grammar !== undefined && !data.grammar.startsWith('root ::= ')) return refused('failed to parse grammar')
  const choices = Array.from({ length: data.n }, (_, index) => ({
    index,
    ...(chat ? { message: { role: 'assistant', content: text } } : { text }),
    logprobs: null,
    finish_reason: stopped ? 'stop' : 'length',
  }))
  // As llama.cpp: the tokens of one choice only.
  const usage = { prompt_tokens: prompt.length, completion_tokens: tokens, total_tokens: prompt.length + tokens }
  return json(200, { id: 'cmpl-1', object: chat ? 'chat.completion' : 'text_completion', choices, usage })
}

/** Generates token by token; the stop string is taken away. */
function continued(
  model: ValueModel,
  prompt: string,
  most: number,
  stops: readonly string[],
): { text: string; tokens: number; stopped: boolean } {
  let text = ''
  for (let tokens = 1; tokens <= most; tokens++) {
    text += model.next(prompt + text)
    const stop = stops.find(one => text.endsWith(one))
    if (stop !== undefined) return { text: text.slice(0, -stop.length), tokens, stopped: true }
  }
  return { text, tokens: most, stopped: false }
}

const Conversation = z.object({
  messages: z
    .array(Message)
    .min(1)
    .refine(all => all.at(-1)!.role === 'assistant', 'the last message has to be the one that is scored'),
})

/** How a reward model behind chat completions spells its scores. */
export type RewardForm = 'content' | 'logprobs' | 'single'

/**
 * What NIM answers for a reward model with these outputs: the scores of the last message
 * (docs/reference/inference-servers.md#reward-models-behind-chat-completions).
 */
export function openAiRewardAnswer(
  keys: readonly string[],
  form: RewardForm,
  { method, path, body }: ContractRequest,
): HttpAnswer {
  if (method !== 'POST' || path !== '/v1/chat/completions') return json(404, { detail: 'Not Found' })
  const request = Conversation.safeParse(parsed(body))
  if (!request.success) return refused(z.prettifyError(request.error))
  const text = request.data.messages.map(message => message.content).join('\n')
  const names = form === 'single' ? ['reward'] : keys
  const pairs = rewardsOf(text, names.length).map((value, index) => [names[index]!, value] as const)
  const content = form === 'logprobs' ? '' : pairs.map(([name, value]) => `${name}:${value}`).join(',')
  const logprobs = form === 'logprobs' ? { content: pairs.map(([token, logprob]) => ({ token, logprob })) } : null
  const choice = { index: 0, message: { role: 'assistant', content }, logprobs, finish_reason: 'stop' }
  return json(200, { id: 'chat-1', object: 'chat.completion', choices: [choice] })
}
