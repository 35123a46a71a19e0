import { z } from 'zod'
import { parseSource } from '../source-error.js'
import type { SourceFormat } from './format.js'
import { readThread } from './thread.js'

const ShareGpt = z.object({
  conversations: z.array(z.object({ from: z.string(), value: z.string() })),
  system: z.string().optional(),
})

/** Our names of speakers, by ShareGPT's. */
export const shareGptSpeakers = {
  human: 'User',
  user: 'User',
  gpt: 'Assistant',
  chatgpt: 'Assistant',
  assistant: 'Assistant',
  system: 'System',
} as const

/** ShareGPT's form: `{conversations: [{from: human | gpt | system, value}]}`. */
export const shareGpt: SourceFormat = {
  name: 'sharegpt',
  summary: 'ShareGPT threads: {conversations: [{from: human|gpt|system, value}]}',
  attributeSet: null,
  detect: record => Array.isArray(record['conversations']),
  read: record => {
    const { conversations, system } = parseSource(ShareGpt, record)
    const entries = conversations.map(({ from, value }) => ({ speaker: from, text: value }))
    return [readThread(entries, shareGptSpeakers, index => `conversations[${index}]`, system ?? null)]
  },
}
