import { z } from 'zod'
import { parseOrUndefined } from '../../../domain/json/parse.js'

const Event = z.looseObject({
  choices: z.array(
    z.looseObject({
      text: z.string().nullish(),
      delta: z.looseObject({ content: z.string().nullish() }).nullish(),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: z.unknown().optional(),
})

/**
 * The events of a streamed reply (`data: {…}` a line) as the reply that comes without streaming: one choice, its text put
 * together, its last `finish_reason` and the last `usage`. An event that is none, such as an error, is returned as it is;
 * undefined when there is no event, or one is not JSON.
 */
export function joinEvents(body: string): unknown {
  const lines = body.split('\n').flatMap(line => (line.startsWith('data:') ? [line.slice('data:'.length).trim()] : []))
  if (lines.length === 0) return undefined
  let text = ''
  let finish: string | null = null
  let usage: unknown = null
  for (const line of lines.filter(one => one !== '[DONE]')) {
    const json = parseOrUndefined(line)
    const event = Event.safeParse(json)
    if (!event.success) return json
    const [choice] = event.data.choices
    text += choice?.text ?? choice?.delta?.content ?? ''
    finish = choice?.finish_reason ?? finish
    usage = event.data.usage ?? usage
  }
  return { choices: [{ text, message: { content: text }, finish_reason: finish }], usage }
}
