import { z } from 'zod'
import { Turn } from '../conversation.js'
import { recipes } from '../oasst/recipe.js'
import { parseSource, sourceInvalid, wellFormed } from '../source-error.js'
import type { SourceFormat } from './format.js'

/** NeMo-Aligner's records lack `tree_id`. The type is read and not kept: the flow makes both types itself. */
const Record = z.object({
  conversations: z.array(Turn).min(2),
  tree_id: z.string().optional(),
  system: z.string(),
  mask: z.string(),
  type: z.string().nullish(),
})

/** The original scripts' output as a source. Its labels count as human ones. */
export const steerLm: SourceFormat = {
  name: 'steerlm',
  summary: 'the original scripts’ own records: {conversations: [{value, from, label}], tree_id, system, mask, type}',
  attributeSet: recipes.stream.set.name,
  detect: record => Array.isArray(record['conversations']) && 'system' in record && 'mask' in record,
  read: record => {
    const { conversations, tree_id, system, mask } = parseSource(Record, record)
    for (const [index, turn] of conversations.entries())
      for (const [key, text] of Object.entries(turn))
        if (typeof text === 'string') wellFormed(text, () => `conversations[${index}].${key}`)
    if (!conversations.some(({ from }) => mask.includes(from)))
      throw sourceInvalid('mask', `nobody in the conversation is called ${JSON.stringify(mask)}`)
    const whole = { system: wellFormed(system, () => 'system'), mask: wellFormed(mask, () => 'mask') }
    return [{ treeId: tree_id ?? null, turns: conversations, ...whole }]
  },
}
