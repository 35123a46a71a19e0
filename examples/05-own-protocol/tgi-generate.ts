import { classifyStatus, type Generation, type HttpReply, type Protocol, type Verdict } from 'steerflow'
import { z } from 'zod'

const Reply = z.object({
  generated_text: z.string().min(1),
  details: z.object({ finish_reason: z.enum(['length', 'eos_token', 'stop_sequence']) }),
})

/** Text Generation Inference: `POST /generate`. */
export const tgiGenerate: Protocol = {
  name: 'tgi-generate',
  gives: 'text',
  maxBatch: 1,
  request: ([generation]) => ({
    method: 'POST',
    path: '/generate',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      inputs: generation!.prompt,
      parameters: {
        max_new_tokens: generation!.maxTokens,
        stop: generation!.endStrings,
        ...drawing(generation!.sampling),
        return_full_text: false,
        details: true,
      },
    }),
  }),
  // 429 when too much is under way, 422 for a request that it does not take, 424 when the generation failed.
  classify: reply => (reply.status === 200 ? read(reply) : classifyStatus(reply)),
}

/** How an answer is drawn; labels, for which nothing is said, are always the likeliest. */
const drawing = (sampling: Generation['sampling']): object =>
  sampling === undefined || sampling.temperature === 0
    ? { do_sample: false }
    : {
        do_sample: true,
        temperature: sampling.temperature,
        ...(sampling.topP < 1 && { top_p: sampling.topP }),
        ...(sampling.topK > 0 && { top_k: sampling.topK }),
        seed: sampling.seed,
      }

/** Status 200 is not success: the text counts when it says how it ended. */
function read({ headers, body }: HttpReply): Verdict {
  const reply = z.string().transform(parse).pipe(Reply).safeParse(body)
  if (!reply.success) return { kind: 'elsewhere', reason: z.prettifyError(reply.error) }
  const counts = z.object({ 'x-prompt-tokens': z.coerce.number(), 'x-generated-tokens': z.coerce.number() })
  const counted = counts.safeParse(headers).data
  const tokens = counted ? { prompt: counted['x-prompt-tokens'], completion: counted['x-generated-tokens'] } : null
  const { generated_text: text, details } = reply.data
  const finish = details.finish_reason === 'length' ? 'length' : 'stop'
  return { kind: 'ok', answers: [{ kind: 'continuation', text, finish, tokens }] }
}

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
