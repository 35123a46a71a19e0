import { changed, Conversation, each } from 'steerflow'
import { isSupportedCountry } from 'libphonenumber-js/max'
import { z } from 'zod'
import { findPersonal, replaced } from './find-personal.js'

export const redact = each({
  name: 'redact',
  summary: 'Takes e-mail addresses, links and phone numbers out of system prompts and turns.',
  input: Conversation,
  ports: { redacted: Conversation },
  options: z.strictObject({
    country: z
      .string()
      .refine(isSupportedCountry, 'expected a country as two letters, such as US')
      .default('US')
      .describe('country of phone numbers without a country code, as two letters'),
    eMail: z.string().default('[e-mail]').describe('what stands in place of an e-mail address'),
    link: z.string().default('[link]').describe('what stands in place of a link'),
    phone: z.string().default('[phone]').describe('what stands in place of a phone number'),
  }),
  examples: [],
  create: ({ options, to }) => {
    // From the end on, so that the places of the others stay what they are.
    const without = text =>
      findPersonal(text, options.country).reduceRight(
        (left, { kind, start, end }) => replaced(left, start, end, options[kind]),
        text,
      )
    return record => {
      const content = {
        system: without(record.system),
        conversations: record.conversations.map(turn => ({ ...turn, value: without(turn.value) })),
      }
      return to.redacted(changed(record, content, { stage: 'redact', options }))
    }
  },
})
