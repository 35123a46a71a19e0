import { Conversation, each } from 'steerflow'
import { z } from 'zod'

/** A conversation that was left out, and how many words its last turn has. */
export const Short = z.strictObject({ words: z.int(), conversation: Conversation }).meta({ title: 'Short' })

export const longReplies = each({
  name: 'long-replies',
  summary: 'Keeps conversations whose last turn has enough words.',
  input: Conversation,
  ports: { kept: Conversation, short: Short },
  options: z.strictObject({ least: z.int().default(5).describe('fewest words of the last turn') }),
  examples: [],
  create:
    ({ options, to }) =>
    conversation => {
      const words = conversation.conversations.at(-1)!.value.split(/\s+/).filter(Boolean).length
      return words >= options.least ? to.kept(conversation) : to.short({ words, conversation })
    },
})
