import { openAiText, type OpenAiOptions } from './openai-text.js'
import { type Protocol } from './protocol.js'

/** `POST /v1/completions`: the server continues the prompt as it stands. */
export const openAiCompletions = (options: OpenAiOptions): Protocol =>
  openAiText(
    {
      name: 'openai-completions',
      path: '/v1/completions',
      prompt: prompt => ({ prompt }),
      text: choice => choice.text,
    },
    options,
  )
