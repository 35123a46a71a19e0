import { strings } from '../dataset/features.js'
import { pythonJson } from '../json/json.js'
import { alternating, alternatingRule } from './alternating.js'
import type { ExportFormat } from './export-format.js'
import { describePlace, placeLabels } from './label-place.js'

/** Chats in the form that OpenAI's API, TRL and NeMo-RL read. */
export const messages: ExportFormat = {
  name: 'messages',
  summary: 'chats for TRL, NeMo-RL and others: {messages: [{role, content}]}',
  open: ({ labels }) => ({
    features: [{ name: 'messages', list: strings('role', 'content') }],
    about: [describePlace[labels], alternatingRule('user', 'assistant')],
    encode: record => {
      const { system, turns } = placeLabels(record, labels)
      const { turns: kept, counts } = alternating(turns)
      if (kept === null) return { rows: [], counts }
      const first = system === '' ? [] : [{ role: 'system', content: system }]
      const chat = [...first, ...kept.map(({ role, text }) => ({ role, content: text }))]
      return { rows: [pythonJson({ messages: chat })], counts }
    },
  }),
}
