import { readByDefault, type SourceFormat } from './format.js'
import { allBut, onlyKey } from './meaning.js'
import { saidIn } from './said.js'
import { conversationsOf, besideKeys, systemOf, toolsOf } from './thread.js'

const lists = ['conversations', 'conversation'] as const

/**
 * ShareGPT's form, `{conversations: [{from: human | gpt | system, value}]}`, and that of WildChat and LMSYS-Chat,
 * `{conversation: [{role, content}]}`.
 */
export const shareGpt: SourceFormat = {
  name: 'sharegpt',
  summary: 'ShareGPT threads: {conversations: [{from: human|gpt|system, value}]}',
  attributeSet: null,
  jsonTexts: ['conversations', 'conversation'],
  refuses: allBut('conversations', 'conversation', ...besideKeys),
  detect: record => Array.isArray(record['conversations']) || Array.isArray(record['conversation']),
  read: (record, _, how = readByDefault) => {
    const key = onlyKey(record, lists) ?? 'conversations'
    const said = saidIn(record[key], key, shareGpt.name)
    const tools = toolsOf(record)
    // An empty system prompt is one, other than an absent one.
    const empty = record['system'] === '' ? { key: 'system', text: '' } : null
    return conversationsOf(said, { system: systemOf(record) ?? empty, tools }, how)
  },
}
