import { z } from 'zod'
import { parseSource } from '../source-error.js'
import type { SourceFormat } from './format.js'
import { readThread } from './thread.js'

/** Only text parts are accepted: nothing can be learnt here from images, audio or tool calls. */
const Content = z.union([z.string(), z.array(z.object({ type: z.literal('text'), text: z.string() }))])

const Messages = z.object({ messages: z.array(z.object({ role: z.string(), content: Content })) })

const speakers = { user: 'User', assistant: 'Assistant', system: 'System', developer: 'System' } as const

/** The chat form of OpenAI's API: `{messages: [{role, content}]}`; the parts of a content are joined. */
export const openAiMessages: SourceFormat = {
  name: 'openai-messages',
  summary: 'OpenAI chat threads: {messages: [{role: user|assistant|system, content}]}',
  attributeSet: null,
  detect: record => Array.isArray(record['messages']),
  read: record => {
    const { messages } = parseSource(Messages, record)
    const entries = messages.map(({ role, content }) => ({
      speaker: role,
      text: typeof content === 'string' ? content : content.map(part => part.text).join(''),
    }))
    return [readThread(entries, speakers, index => `messages[${index}]`)]
  },
}
