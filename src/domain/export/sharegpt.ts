import { strings } from '../dataset/features.js'
import { pythonJson } from '../json/json.js'
import { alternating, alternatingRule } from './alternating.js'
import type { ExportFormat } from './export-format.js'
import { describePlace, placeLabels } from './label-place.js'

/** How an entry of dataset_info.json maps names. An entry that sets `tags` has to set all of them. */
const shape = {
  formatting: 'sharegpt',
  columns: { messages: 'conversations', system: 'system' },
  tags: { role_tag: 'from', content_tag: 'value', user_tag: 'human', assistant_tag: 'gpt' },
}

const speakers = { user: 'human', assistant: 'gpt' } as const

/**
 * Chats for LLaMA-Factory. It drops a conversation that does not begin with the user, has an odd number of turns, or whose
 * speakers do not alternate, and only logs a warning (docs/reference/training-tools.md#llama-factory).
 */
export const sharegpt: ExportFormat = {
  name: 'sharegpt',
  summary: 'chats for LLaMA-Factory, with its dataset_info.json: {conversations: [{from, value}], system}',
  open: ({ labels, snapshot }) => ({
    features: [{ name: 'conversations', list: strings('from', 'value') }, ...strings('system')],
    about: [
      describePlace[labels],
      alternatingRule('human', 'gpt'),
      '`dataset_info.json` names the files for LLaMA-Factory: set `dataset_dir` to this folder.',
    ],
    encode: record => {
      const { system, turns } = placeLabels(record, labels)
      const { turns: kept, counts } = alternating(turns)
      if (kept === null) return { rows: [], counts }
      const conversations = kept.map(({ role, text }) => ({ from: speakers[role], value: text }))
      return { rows: [pythonJson({ conversations, system })], counts }
    },
    files: rows => {
      const name = snapshot.dataset.replaceAll('-', '_')
      const entries = Object.entries(rows).map(([split, file]) => [`${name}_${split}`, { file_name: file, ...shape }])
      return { 'dataset_info.json': `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n` }
    },
  }),
}
