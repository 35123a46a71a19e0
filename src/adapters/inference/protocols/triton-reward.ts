import { z } from 'zod'
import type { AttributeSet } from '../../../domain/attributes.js'
import type { Answer, HttpReply, Protocol, Verdict } from './protocol.js'
import { rewardsInOrder } from './reward-scores.js'
import { classifyStatus, excerpt } from './status.js'
import { parseOrUndefined } from '../../../domain/json/json.js'

export const TritonRewardOptions = z.strictObject({
  model: z
    .string()
    .regex(/^[\w.-]+$/)
    .default('reward_model')
    .describe('name in the path /v2/models/<model>/infer'),
})
export type TritonRewardOptions = z.output<typeof TritonRewardOptions>

const Rewards = z.looseObject({
  name: z.literal('rewards'),
  datatype: z.string().regex(/^FP\d+$/),
  shape: z.array(z.int().nonnegative()).min(1),
  data: z.array(z.number()),
})
const Reply = z.looseObject({ outputs: z.array(z.looseObject({ name: z.string() })) })

/**
 * NeMo-Aligner's reward server: KServe v2 behind Triton
 * (docs/reference/inference-servers.md#nemo-aligner-reward-server). Versions before 0.4 also return `exceeded` and
 * accept `add_EOS`, which later ones refuse: neither is used.
 */
export const tritonReward = ({ model }: TritonRewardOptions, set: AttributeSet): Protocol => ({
  name: 'triton-reward',
  gives: 'scores',
  // Triton batches requests that arrive within 2 ms; a few sentences avoid most of the HTTP overhead, and little is
  // repeated if one of them is refused.
  maxBatch: 16,
  request: generations => ({
    method: 'POST',
    path: `/v2/models/${model}/infer`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      inputs: [
        {
          name: 'sentences',
          shape: [generations.length, 1],
          datatype: 'BYTES',
          data: generations.map(generation => generation.prompt),
        },
      ],
      outputs: [{ name: 'rewards' }],
    }),
  }),
  classify: (reply, count) => (reply.status === 200 ? classifyBody(reply, count, set) : classifyStatus(reply)),
})

/** The number of floats per sentence comes from the reply's shape: the declared shape is that of another model. */
function classifyBody({ body }: HttpReply, count: number, set: AttributeSet): Verdict {
  const elsewhere = (reason: string): Verdict => ({ kind: 'elsewhere', reason })
  const json = parseOrUndefined(body)
  if (json === undefined) return elsewhere(`not JSON: ${excerpt(body)}`)
  const outputs = Reply.safeParse(json).data?.outputs ?? []
  const rewards = Rewards.safeParse(outputs.find(output => output.name === 'rewards')).data
  if (!rewards) return elsewhere(`no rewards: ${excerpt(body)}`)
  const { shape, data } = rewards
  if (shape.reduce((size, length) => size * length, 1) !== data.length) {
    return elsewhere(`${data.length} rewards in the shape ${shape.join(' × ')}`)
  }
  if (shape[0] !== count) return elsewhere(`rewards of ${shape[0]!} sentences for ${count}`)
  const each = data.length / count
  const answers: Answer[] = []
  for (let sentence = 0; sentence < count; sentence++) {
    const read = rewardsInOrder(data.slice(sentence * each, (sentence + 1) * each), set)
    if ('missing' in read) return elsewhere(read.missing)
    answers.push({ kind: 'scores', scores: read.scores, tokens: null })
  }
  return { kind: 'ok', answers }
}
