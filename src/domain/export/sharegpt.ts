import { strings } from '../dataset/features.js'
import { pythonJson } from '../json/json.js'
import type { ExportFormat } from './export-format.js'
import { describePlace, placeLabels, type RoleTurn } from './label-place.js'

/** How an entry of dataset_info.json maps names. An entry that sets `tags` has to set all of them. */
const shape = {
  formatting: 'sharegpt',
  columns: { messages: 'conversations', system: 'system' },
  tags: { role_tag: 'from', content_tag: 'value', user_tag: 'human', assistant_tag: 'gpt' },
}

const speakers = { user: 'human', assistant: 'gpt' } as const

/**
 * Chats for LLaMA-Factory. It drops a conversation that does not begin with the user, has an odd number of turns, or whose
 * speakers do not alternate, and only logs a warning (docs/reference/training-tools.md#llama-factory). Here the ends are
 * cut, and conversations that still do not fit are left out and counted.
 */
export const sharegpt: ExportFormat = {
  name: 'sharegpt',
  summary: 'chats for LLaMA-Factory, with its dataset_info.json: {conversations: [{from, value}], system}',
  open: ({ labels, snapshot }) => ({
    features: [{ name: 'conversations', list: strings('from', 'value') }, ...strings('system')],
    about: [
      describePlace[labels],
      'Every conversation begins with `human`, ends with `gpt` and alternates: replies before the first question and ' +
        'questions after the last reply are cut; conversations in which a speaker has two turns in a row are left out.',
      '`dataset_info.json` names the files for LLaMA-Factory: set `dataset_dir` to this folder.',
    ],
    encode: record => {
      const { system, turns } = placeLabels(record, labels)
      const from = turns.findIndex(({ role }) => role === 'user')
      const to = turns.findLastIndex(({ role }) => role === 'assistant') + 1
      const kept = from < 0 ? [] : turns.slice(from, to)
      if (kept.length === 0) return { rows: [], counts: { 'records left out: no question with a reply': 1 } }
      if (!kept.every(alternates)) return { rows: [], counts: { 'records left out: a speaker twice in a row': 1 } }
      const conversations = kept.map(({ role, text }) => ({ from: speakers[role], value: text }))
      return {
        rows: [pythonJson({ conversations, system })],
        counts: {
          'turns cut: before the first question': from,
          'turns cut: after the last reply': turns.length - to,
        },
      }
    },
    files: rows => {
      const name = snapshot.dataset.replaceAll('-', '_')
      const entries = Object.entries(rows).map(([split, file]) => [`${name}_${split}`, { file_name: file, ...shape }])
      return { 'dataset_info.json': `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n` }
    },
  }),
}

const alternates = ({ role }: RoleTurn, index: number): boolean => (role === 'user') === (index % 2 === 0)
