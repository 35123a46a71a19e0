import { openAiText, type OpenAiOptions } from './openai-text.js'
import { type Protocol } from './protocol.js'

/**
 * `POST /v1/chat/completions`: the whole prompt is one user message, since a label behind a turn has no place among
 * messages; the reply is taken as its continuation. The server puts its chat template around it, so that a model which was
 * trained on the bare prompt wants a template that passes the message through.
 */
export const openAiChat = (options: OpenAiOptions): Protocol =>
  openAiText(
    {
      name: 'openai-chat',
      path: '/v1/chat/completions',
      prompt: content => ({ messages: [{ role: 'user', content }] }),
      text: choice => choice.message?.content,
    },
    options,
  )
