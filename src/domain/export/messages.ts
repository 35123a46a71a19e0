import { strings } from '../dataset/features.js'
import { pythonJson } from '../json/json.js'
import type { ExportFormat } from './export-format.js'
import { describePlace, placeLabels } from './label-place.js'

/** Chats in the form that OpenAI's API, TRL and NeMo-RL read. */
export const messages: ExportFormat = {
  name: 'messages',
  summary: 'chats for TRL, NeMo-RL and others: {messages: [{role, content}]}',
  open: ({ labels }) => ({
    features: [{ name: 'messages', list: strings('role', 'content') }],
    about: [describePlace[labels], 'A conversation without a reply is left out; turns after its last reply are cut.'],
    encode: record => {
      const { system, turns } = placeLabels(record, labels)
      const kept = turns.slice(0, turns.findLastIndex(({ role }) => role === 'assistant') + 1)
      if (kept.length === 0) return { rows: [], counts: { 'records left out: no reply': 1 } }
      const first = system === '' ? [] : [{ role: 'system', content: system }]
      const chat = [...first, ...kept.map(({ role, text }) => ({ role, content: text }))]
      return {
        rows: [pythonJson({ messages: chat })],
        counts: { 'turns cut: after the last reply': turns.length - kept.length },
      }
    },
  }),
}
