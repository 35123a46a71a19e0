import { parseSource, readThread } from 'steerflow'
import { z } from 'zod'

const Case = z.object({
  case: z.string(),
  events: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('message'), from: z.enum(['visitor', 'agent', 'bot']), body: z.string() }),
      // Who came and went, and what agents noted for themselves, was not said to anybody.
      z.object({ kind: z.enum(['joined', 'left', 'note']) }),
    ]),
  ),
})

const speakers = { visitor: 'User', agent: 'Assistant', bot: 'Assistant' }

/** Messages of one side that follow one another are one turn. */
function entriesOf(events) {
  const entries = []
  for (const { kind, from, body } of events) {
    if (kind !== 'message') continue
    const last = entries.at(-1)
    if (last && speakers[last.speaker] === speakers[from]) last.text += `\n${body}`
    else entries.push({ speaker: from, text: body })
  }
  return entries
}

export const helpDesk = {
  name: 'help-desk',
  summary: 'cases of a help desk: {case, events: [{kind: message, from: visitor | agent | bot, body}, …]}',
  attributeSet: null,
  detect: record => typeof record.case === 'string' && Array.isArray(record.events),
  read: record => {
    const { case: treeId, events } = parseSource(Case, record)
    return [{ ...readThread(entriesOf(events), speakers, index => `message ${index + 1}`), treeId }]
  },
}
