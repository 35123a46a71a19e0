import { z } from 'zod'
import type { AttributeSet } from '../../../domain/attributes.js'
import { isMasked } from '../../../domain/formats/speakers.js'
import type { TurnToScore } from '../../../stages/needs.js'
import type { HttpReply, Protocol, Verdict } from './protocol.js'
import { rewardsByName, rewardsInOrder } from './reward-scores.js'
import { classifyStatus, excerpt } from './status.js'
import { parseOrUndefined } from '../../../domain/json/json.js'

export const OpenAiRewardOptions = z.strictObject({
  model: z.string().min(1).optional().describe('name sent as `model` (default: none)'),
})
export type OpenAiRewardOptions = z.output<typeof OpenAiRewardOptions>

const Reply = z.looseObject({
  choices: z.array(
    z.looseObject({
      message: z.looseObject({ content: z.string().nullish() }).nullish(),
      logprobs: z
        .looseObject({ content: z.array(z.looseObject({ token: z.string(), logprob: z.number() })).nullish() })
        .nullish()
        .catch(null),
    }),
  ),
})
type Choice = z.output<typeof Reply>['choices'][number]

/** Name of the only output of a reward model. */
const single = 'reward'

/**
 * A reward model behind `POST /v1/chat/completions` (NIM): the reply to a conversation contains the scores of its last
 * message (docs/reference/inference-servers.md#reward-models-behind-chat-completions).
 */
export const openAiReward = ({ model }: OpenAiRewardOptions, set: AttributeSet): Protocol => ({
  name: 'openai-reward',
  gives: 'scores',
  maxBatch: 1,
  request: generations => ({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...(model === undefined ? {} : { model }),
      messages: messages(generations[0]!.turn),
      stream: false,
    }),
  }),
  classify: (reply, count) => (reply.status === 200 ? classifyBody(reply, count, set) : classifyStatus(reply)),
})

/**
 * The turns as messages, without system prompt: these models are documented with user and assistant only. The masked
 * speaker is the user.
 */
const messages = ({ turns, mask }: TurnToScore): readonly { readonly role: string; readonly content: string }[] =>
  turns.map(({ from, value }) => ({ role: isMasked(from, mask) ? 'user' : 'assistant', content: value }))

function classifyBody({ body }: HttpReply, count: number, set: AttributeSet): Verdict {
  const elsewhere = (reason: string): Verdict => ({ kind: 'elsewhere', reason })
  const json = parseOrUndefined(body)
  if (json === undefined) return elsewhere(`not JSON: ${excerpt(body)}`)
  const parsed = Reply.safeParse(json)
  if (!parsed.success) return elsewhere(`no choices: ${excerpt(body)}`)
  const [choice, ...others] = parsed.data.choices
  if (!choice || others.length > 0 || count !== 1) {
    return elsewhere(`${parsed.data.choices.length} choices for ${count} conversations`)
  }
  const floats = readContent(choice) ?? readLogprobs(choice)
  if (!floats) return elsewhere(`no rewards: ${excerpt(body)}`)
  const only = floats.size === 1 ? floats.get(single) : undefined
  if (only !== undefined && set.attributes.length > 1) {
    // The server is wrong for every request: no record is to blame.
    const reason = `the model gives a single reward, not the ${set.attributes.length} attributes of ${set.name}`
    return { kind: 'unavailable', reason }
  }
  const rewards = only === undefined ? rewardsByName(floats, set) : rewardsInOrder([only], set)
  if ('missing' in rewards) return elsewhere(rewards.missing)
  return { kind: 'ok', answers: [{ kind: 'scores', scores: rewards.scores, tokens: null }] }
}

/** `helpfulness:1.25,correctness:0.5` */
function readContent({ message }: Choice): ReadonlyMap<string, number> | null {
  const items = message?.content?.split(',').map(item => item.trim()) ?? []
  const pairs = items.map(item => /^([^\s:]+)\s*:\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)$/.exec(item))
  if (pairs.length === 0 || !pairs.every(pair => pair !== null)) return null
  return new Map(pairs.map(([, key, float]) => [key!, Number(float)]))
}

/**
 * The hosted service returns attribute names as tokens, and scores in a field called `logprob`; they may be above 0.
 */
function readLogprobs({ logprobs }: Choice): ReadonlyMap<string, number> | null {
  const items = logprobs?.content ?? []
  return items.length === 0 ? null : new Map(items.map(({ token, logprob }) => [token.trim(), logprob]))
}
