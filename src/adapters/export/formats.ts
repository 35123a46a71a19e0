import { SteerflowError } from '../../domain/errors.js'
import type { Conversation } from '../../domain/conversation.js'
import type { EncodedRow, ExportFormat } from '../../domain/export/export-format.js'
import type { PromptTokens } from '../../domain/prompt-tokens.js'
import { openRowEncoder, type RowEncoder } from '../tokenizer/open-masker.js'
import { messages } from '../../domain/export/messages.js'
import { regression } from '../../domain/export/regression.js'
import { sharegpt } from '../../domain/export/sharegpt.js'
import { steerlm } from '../../domain/export/steerlm.js'

const spelled = ({ system, turn, label }: PromptTokens): string =>
  [system, turn, label].map(token => `\`${JSON.stringify(token)}\``).join(', ')

async function encode(encoder: RowEncoder, { conversations, system, mask, type }: Conversation): Promise<EncodedRow> {
  try {
    const { text, tokens, learnt, cut } = await encoder.row({ conversations, system, mask, type })
    if (text === null) return { rows: [], counts: { 'records left out: no token of the row is learnt': 1 } }
    return {
      rows: [text],
      counts: { 'rows cut at the longest length': cut ? 1 : 0, tokens, 'tokens that are learnt': learnt },
    }
  } catch (thrown) {
    if (!(thrown instanceof SteerflowError) || thrown.code !== 'STEERFLOW_UNMASKABLE') throw thrown
    return { rows: [], counts: { 'records left out: they have no loss mask': 1 } }
  }
}

/**
 * Token ids and labels, with the masks of `clean` (docs/reference/loss-masks.md#token-rows). A trainer's own tokenizer
 * may split a text differently, and no chat template marks only the attribute line: so neither is used.
 */
export const tokens: ExportFormat = {
  name: 'tokens',
  summary: 'token ids with labels, -100 where nothing is learnt: {input_ids, labels}',
  open: async ({ tokenizer, promptTokens, threads, maxTokens }) => {
    const encoder = await openRowEncoder({ model: tokenizer, tokens: promptTokens, threads, maxTokens })
    return {
      features: [
        { name: 'input_ids', list: 'int64' },
        { name: 'labels', list: 'int64' },
      ],
      about: [
        `At most ${maxTokens} tokens a row, prompt tokens ${spelled(promptTokens)}, tokenizer and prompt tokens \`${encoder.digest}\`. ` +
          'A label is the id of its own token, not of the next, or -100 where nothing is learnt; no begin or end token is added.',
      ],
      encode: record => encode(encoder, record),
      close: () => encoder.close(),
    }
  },
}

export const exportFormats: readonly ExportFormat[] = [steerlm, regression, messages, sharegpt, tokens]
