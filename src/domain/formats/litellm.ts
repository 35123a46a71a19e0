import { answersOf, readExchange } from './exchange.js'
import { noChat, readByDefault, type SourceFormat } from './format.js'
import { allBut, saysNothing } from './meaning.js'
import { besideKeys } from './thread.js'

/** Calls whose answer is a turn of a conversation. */
const chats = /completion|responses|anthropic_messages|generate_content/

/** Log records of the LiteLLM proxy: `{call_type, status, messages, response: {choices: [{message}]}}`. */
export const liteLlm: SourceFormat = {
  name: 'litellm',
  summary: 'logs of the LiteLLM proxy: {call_type, status, messages, response}',
  attributeSet: null,
  jsonTexts: ['messages', 'response'],
  refuses: allBut('messages', 'response', ...besideKeys),
  detect: record => typeof record['call_type'] === 'string' && ('messages' in record || 'response' in record),
  read: (record, _, how = readByDefault) => {
    const { call_type: call, status, messages, response } = record
    const leave = (detail: string): [] => noChat(how, detail)
    if (!chats.test(call as string)) return leave(`call_type ${String(call)} is not a chat`)
    if (typeof status === 'string' && status !== 'success') return leave(`status ${status}: the call has no answer`)
    if (!saysNothing(record['exception'])) return leave('exception: the call has no answer')
    if (saysNothing(messages)) return leave('messages is empty: the proxy does not log contents')
    if (saysNothing(response) || answersOf(response, 'response').length === 0) return leave('response has no answer')
    const exchange = { request: messages, requestAt: 'messages', answer: response, answerAt: 'response' }
    return readExchange({ format: liteLlm.name, ...exchange, beside: record }, how)
  },
}
