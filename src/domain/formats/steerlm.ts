import { z } from 'zod'
import { Turn } from '../conversation.js'
import { recipes } from '../oasst/recipe.js'
import { parseSource, sourceInvalid, wellFormed } from '../source-error.js'
import { readByDefault, type SourceFormat } from './format.js'
import { labelSetOf } from './label-set.js'
import { allBut, type Fields, isFields, lessonOf, notRead, saysNothing, valueOf } from './meaning.js'
import { entryRefuses } from './said.js'
import { isMasked, speakerOf } from './speakers.js'

/** A turn of NeMo's chat schema. Other keys (`canonical_form`, `turn_id`) mean nothing to its loader. */
const ReadTurn = z.object(Turn.shape).extend({
  lang: Turn.shape.lang.nullable().transform(lang => lang ?? undefined),
})

/** NeMo-Aligner's records lack `tree_id`. The type is read and not kept: the flow makes both types itself. */
const Record = z.object({
  conversations: z.array(ReadTurn).min(2),
  tree_id: z.string().nullish(),
  system: z.string().nullish(),
  mask: z.string().nullish(),
  type: z.enum(['TEXT_TO_VALUE', 'VALUE_TO_TEXT', '']).nullish(),
})

const turnRefuses = [...entryRefuses.filter(key => !['label', 'gt_label'].includes(key)), 'tool_calls', 'function_call']

/** The original scripts' output as a source, which is also NeMo's chat schema. Its labels count as human ones. */
export const steerLm: SourceFormat = {
  name: 'steerlm',
  summary: 'the original scripts’ own records: {conversations: [{value, from, label}], tree_id, system, mask, type}',
  attributeSet: recipes.stream.set.name,
  jsonTexts: ['conversations'],
  refuses: allBut('conversations', 'system', 'mask'),
  detect: record => {
    const { conversations, mask, type } = record
    if (!Array.isArray(conversations)) return false
    return (
      typeof mask === 'string' || type === 'TEXT_TO_VALUE' || type === 'VALUE_TO_TEXT' || conversations.some(isLabelled)
    )
  },
  read: (record, _, { sets } = readByDefault) => {
    const given = record['conversations'] as readonly unknown[]
    for (const [index, turn] of given.entries()) if (isFields(turn)) mustBeRead(turn, `conversations[${index}]`)
    const { conversations, tree_id, system, mask } = parseSource(Record, record)
    const turns = conversations.map(({ lang, ...turn }) => (lang === undefined ? turn : inOrder({ ...turn, lang })))
    for (const [index, turn] of turns.entries())
      for (const [key, text] of Object.entries(turn))
        if (typeof text === 'string') wellFormed(text, () => `conversations[${index}].${key}`)
    if (typeof mask === 'string' && !turns.some(({ from }) => isMasked(from, mask)))
      throw sourceInvalid('mask', `nobody in the conversation is called ${JSON.stringify(mask)}`)
    const labels = turns.map(({ label }, index) => ({ label, at: `conversations[${index}].label` }))
    const attributeSet = labelSetOf(labels, sets)
    return [
      {
        treeId: tree_id ?? null,
        turns: typeof mask === 'string' ? turns : turns.map(usual),
        system: typeof system === 'string' ? wellFormed(system, () => 'system') : null,
        mask: typeof mask === 'string' ? wellFormed(mask, () => 'mask') : null,
        ...(attributeSet === null || attributeSet === steerLm.attributeSet ? {} : { attributeSet }),
      },
    ]
  },
}

const isLabelled = (turn: unknown): boolean => isFields(turn) && valueOf(turn, 'label') !== undefined && 'from' in turn

/** Without a mask a turn gets the usual name of its speaker, which the mask of the configuration names. */
function usual(turn: Turn, index: number): Turn {
  const from = speakerOf(turn.from)
  if (from === 'User' || from === 'Assistant') return { ...turn, from }
  throw sourceInvalid(
    `conversations[${index}]`,
    `unknown speaker ${JSON.stringify(turn.from)}, and no mask names the user`,
  )
}

/** @throws STEERFLOW_SOURCE_INVALID for a key that carries meaning, and for a turn that is not to be learnt */
function mustBeRead(turn: Fields, at: string): void {
  const strange = turnRefuses.find(key => !saysNothing(turn[key]))
  if (strange !== undefined) throw notRead(`${at}.${strange}`, strange, steerLm.name)
  if (lessonOf(turn, at) === false)
    throw sourceInvalid(at, 'the turn is marked as not to be learnt (weight 0, train false), which the form cannot say')
}

/** The keys of a turn in the order in which they are written. */
const inOrder = ({ value, from, label, lang, gt_label }: Turn): Turn => ({
  value,
  from,
  ...(label === undefined ? {} : { label }),
  ...(lang === undefined ? {} : { lang }),
  ...(gt_label === undefined ? {} : { gt_label }),
})
