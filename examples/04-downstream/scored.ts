import { z } from 'zod'

/**
 * What this consumer uses of a record, and nothing else: zod leaves out every other key, so that a record with a field
 * that was added later is read as before. The whole of it: schemas/conversation.json.
 */
const Scored = z.object({
  tree_id: z.string(),
  mask: z.string(),
  conversations: z.array(z.object({ from: z.string(), value: z.string(), label: z.string().nullish() })),
})

export interface Reply {
  readonly tree: string
  readonly quality: number
  readonly text: string
}

/** The JSON of a value: as it is, or behind the frame of a schema registry (byte 0, then the schema's id in 4 bytes). */
export const withoutFrame = (value: Buffer): Buffer => (value[0] === 0 ? value.subarray(5) : value)

/**
 * The reply with the best predicted quality in a record of `conversations.scored`; null where none has any.
 * @throws Error when the value is no such record.
 */
export function bestReply(value: Buffer): Reply | null {
  const { tree_id: tree, mask, conversations } = Scored.parse(JSON.parse(withoutFrame(value).toString('utf8')))
  const replies = conversations
    .filter(({ from }) => from !== mask)
    .flatMap(({ label, value: text }) => {
      const quality = /(?:^|,)quality:(-?\d+)/.exec(label ?? '')
      return quality ? [{ tree, quality: Number(quality[1]), text }] : []
    })
  return replies.reduce<Reply | null>((best, one) => (best && best.quality >= one.quality ? best : one), null)
}
