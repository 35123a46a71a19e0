import { z } from 'zod'
import { type CurrentSchema, extendIndex } from '../../../scripts/schema-index.js'
import { type SchemaEntry, schemaIndex, type SchemaIndex } from '../../../src/adapters/registry/schema-index.js'
import { sha256 } from '../../../src/domain/digest.js'
import { Conversation, Turn } from '../../../src/domain/conversation.js'
import type { Topic } from '../../../src/stages/topic.js'
import { topics } from '../../../src/topics.js'

/** Conversation as a later version may have it: a turn says how long it took. */
export const NextConversation = Conversation.extend({
  conversations: z.array(Turn.extend({ seconds: z.number().optional() })).min(1),
})

/** A topic of this program as a program of the next version has it. */
export const nextOf = ({ record: _, ...topic }: Topic<typeof Conversation>): Topic<typeof NextConversation> => ({
  ...topic,
  record: NextConversation,
})

const textOf = (record: z.ZodObject): string => `${JSON.stringify(z.toJSONSchema(record, { target: 'draft-7' }))}\n`

const schemasWith = (conversation: z.ZodObject): CurrentSchema[] =>
  topics.map(({ name, record }) => {
    const schema = record === (Conversation as z.ZodObject) ? conversation : record
    return { topic: name, name: z.toJSONSchema(record).title!.toLowerCase(), text: textOf(schema) }
  })

/** The index that `npm run generate` would make of states of the schemas, one after the other. */
export function indexOf(...states: readonly (readonly CurrentSchema[])[]): SchemaIndex {
  let entries: SchemaEntry[] = []
  for (const state of states) entries = extendIndex(entries, state)
  const texts = new Map(states.flat().map(({ text }) => [sha256(text), text]))
  return schemaIndex(entries, ({ digest }) => texts.get(digest)!)
}

const [now, next] = [schemasWith(Conversation), schemasWith(NextConversation.meta({ title: 'Conversation' }))]

/** What this program has committed, and what a program of the next version has. */
export const thisIndex = indexOf(now)
export const nextIndex = indexOf(now, next)
