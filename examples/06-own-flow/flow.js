import { defineFlow, topic, topics } from 'steerflow'
import { helpDesk } from './help-desk.js'
import { rating } from './rating.js'
import { redact } from './redact.js'

/** A topic of conversations as they were written: it is kept for a week and read by no node but ours. */
const asWritten = (like, name) =>
  topic({ ...like, name, summary: `${like.summary} As they were written.`, retention: { keep: 'days', days: 7 } })

/** Takes personal data out behind a port of `preprocess`: what comes behind reads the topics that it has always read. */
const redactAfter = (flow, port, name) =>
  flow.insertAfter('preprocess', port, {
    name,
    stage: redact,
    port: 'redacted',
    through: asWritten(topics[port], `conversations.${port}-as-written`),
  })

export default defineFlow(base =>
  redactAfter(redactAfter(base, 'labelled', 'redact-labelled'), 'unscored', 'redact-unscored')
    .withFormats(helpDesk)
    .withProtocols({ rating }),
)
