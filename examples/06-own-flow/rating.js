import { classifyStatus, parseOrUndefined, rewardsByName } from 'steerflow'
import { z } from 'zod'

const Reply = z.object({ ratings: z.record(z.string(), z.number()) })

/** `POST /ratings {attributes, dialogue}` → `{ratings: {attribute: number}}` of the last turn of the dialogue. */
export const rating = (_, set) => ({
  name: 'rating',
  gives: 'scores',
  maxBatch: 1,
  request: ([{ turn }]) => ({
    method: 'POST',
    path: '/ratings',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      attributes: set.attributes,
      dialogue: turn.turns.map(({ from, value }) => ({ speaker: from, text: value })),
    }),
  }),
  classify: reply => {
    if (reply.status !== 200) return classifyStatus(reply)
    const read = Reply.safeParse(parseOrUndefined(reply.body))
    if (!read.success) return { kind: 'elsewhere', reason: z.prettifyError(read.error) }
    const rated = rewardsByName(new Map(Object.entries(read.data.ratings)), set)
    if ('missing' in rated) return { kind: 'elsewhere', reason: rated.missing }
    return { kind: 'ok', answers: [{ kind: 'scores', scores: rated.scores, tokens: null }] }
  },
})
