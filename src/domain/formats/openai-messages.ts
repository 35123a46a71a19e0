import { readExchange } from './exchange.js'
import { readByDefault, type SourceFormat } from './format.js'
import { allBut, onlyKey } from './meaning.js'
import { saidIn } from './said.js'
import { conversationsOf, besideKeys, systemOf, toolsOf } from './thread.js'

/** Keys under which an answer may stand beside the messages that it answers. */
const answers = ['response', 'choices', 'completion', 'output'] as const

/**
 * The chat form of OpenAI's API: `{messages: [{role, content}]}`; the parts of a content are joined. An answer beside the
 * messages (`response`, `choices`, `completion`, `output`) is their last turn.
 */
export const openAiMessages: SourceFormat = {
  name: 'openai-messages',
  summary: 'OpenAI chat threads: {messages: [{role: user|assistant|system, content}]}',
  attributeSet: null,
  jsonTexts: ['messages', 'response', 'choices'],
  refuses: allBut('messages', ...answers, ...besideKeys),
  detect: record => Array.isArray(record['messages']),
  read: (record, _, how = readByDefault) => {
    const answer = onlyKey(record, answers)
    if (answer !== undefined) {
      const exchange = { request: record['messages'], requestAt: 'messages', answer: record[answer], answerAt: answer }
      return readExchange({ format: openAiMessages.name, ...exchange, beside: record }, how)
    }
    const said = saidIn(record['messages'], 'messages', openAiMessages.name)
    const tools = toolsOf(record)
    return conversationsOf(said, { system: systemOf(record), tools }, how)
  },
}
