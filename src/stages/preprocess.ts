import { z } from 'zod'
import { attributeSet as attributeSetNamed, attributeSets } from '../domain/attributes.js'
import { Conversation, type ConversationType, Dropped, type Provenance, Raw } from '../domain/conversation.js'
import { conversationId } from '../domain/conversation-id.js'
import { digest } from '../domain/digest.js'
import { checkFanout, defaultFanout, type FanoutBounds } from '../domain/fanout.js'
import { type SourceConversation, toolPolicies } from '../domain/formats/format.js'
import { recognised, sourceFormats } from '../domain/formats/index.js'
import { readSource } from '../domain/formats/read-source.js'
import { sessionOf } from '../domain/formats/session.js'
import { isMasked } from '../domain/formats/speakers.js'
import { pythonJson } from '../domain/json/json.js'
import { hasScores } from '../domain/label-line.js'
import { splitOf } from '../domain/split.js'
import { nemoSystemPrompt } from '../domain/system-prompt.js'
import { threadId } from '../domain/thread-id.js'
import { preprocessExamples } from './preprocess-examples.js'
import { each } from './stage.js'

const bound = (key: keyof FanoutBounds) => z.int().positive().default(defaultFanout[key])

const fanout = z.strictObject({
  paths: bound('paths').describe('maximum conversations of one record'),
  turns: bound('turns').describe('maximum turns of one conversation'),
  bytes: bound('bytes').describe('maximum bytes of text in all conversations of one record together'),
})

const options = z.strictObject({
  seed: z.int().default(10).describe('seed of the split'),
  ratio: z.number().min(0).max(1).default(0.95).describe('share of the trees that go to the train split'),
  maskRole: z.string().min(1).default('User').describe('speaker whose turns are not learnt'),
  system: z.string().default(nemoSystemPrompt).describe('system prompt of sources that have none'),
  attributeSet: z
    .string()
    .default(attributeSets['oasst-12-lang@1'].name)
    .describe('attribute set of sources that have no labels, and of labels that fit no built-in set'),
  tools: z
    .enum(toolPolicies)
    .default('reject')
    .describe('tool calls, their results and definitions: reject the record, drop these turns, or render them as text'),
  fanout: fanout.default(defaultFanout).describe('limits on what one record may become'),
})

/** The digest by which a record's lineage names the options that shaped it: all options except the limits. */
export const shapingDigest = ({ fanout: _, tools, ...shaping }: z.output<typeof options>): string =>
  // Rejecting shapes no record. So the digest of an older configuration, which had no such option, is the same.
  digest('preprocess', pythonJson(tools === 'reject' ? shaping : { ...shaping, tools }))

const ports = { labelled: Conversation, unscored: Conversation, dropped: Dropped }

/**
 * Preprocess: every path of a source record becomes a conversation to be scored (VALUE_TO_TEXT) and, if people labelled it,
 * one from which scoring is learnt (TEXT_TO_VALUE). What is no conversation to learn from is left out and counted.
 */
export const preprocess = each({
  name: 'preprocess',
  summary: 'Turns source records into conversations, with their split and lineage.',
  input: Raw,
  ports,
  options,
  needs: ['formats', 'attributeSets'],
  examples: preprocessExamples,
  exampleNeeds: () => ({ formats: sourceFormats, attributeSets: { set: name => attributeSetNamed(name) } }),
  create: ({ options, needs: { formats, attributeSets: known }, to }) => {
    const { fanout } = options
    const configuration = shapingDigest(options)
    return (raw, at) => {
      const { format, record } = recognised(raw, formats)
      const part = { format: format.name, source: raw.source ?? at.topic, line: raw.line ?? 0 }
      const left: z.output<typeof Dropped>[] = []
      const named = sessionOf(record, `${part.source}:${part.line}`)
      const session = named === null ? {} : { session: named }
      const sources = readSource(format, record, fanout, {
        tools: options.tools,
        sets: [known.set(options.attributeSet)],
        leave: (reason, detail) => void left.push({ reason, detail, part }),
      })
      checkSize(sources, fanout)
      const conversation = (source: SourceConversation, type: ConversationType): Conversation => {
        const content = {
          conversations: source.turns,
          tree_id: source.treeId ?? threadId(source.system, source.turns),
          system: source.system ?? options.system,
          mask: source.mask ?? options.maskRole,
          type,
        }
        const { split, rule } = splitOf(content.tree_id, options, raw.split)
        const steerflow: Provenance = {
          id: conversationId(content),
          split,
          split_rule: rule,
          origin: format.name,
          lineage: { source: part.source, line: part.line, configuration, ...session, models: [] },
          scores: null,
          value_model: null,
          attribute_set: source.attributeSet ?? format.attributeSet ?? options.attributeSet,
        }
        return { ...content, steerflow }
      }
      const whole = sources.filter(source => {
        const empty = emptyAnswer(source, options.maskRole)
        if (empty < 0) return true
        const detail = `conversations.${empty}.value is empty: there is nothing to learn in the answer`
        left.push({ reason: 'empty-answer', detail, conversation: conversation(source, 'VALUE_TO_TEXT') })
        return false
      })
      const taken = whole.flatMap(source => [
        ...(raw.only !== 'unscored' && source.turns.some(turn => hasScores(turn.label))
          ? [to.labelled(conversation(source, 'TEXT_TO_VALUE'))]
          : []),
        ...(raw.only === 'labelled' ? [] : [to.unscored(conversation(source, 'VALUE_TO_TEXT'))]),
      ])
      return [...taken, ...left.map(one => to.dropped(one))]
    }
  },
})

/** A text of nothing that is seen: blanks, and characters without width. */
const invisible = /^[\s\u200b-\u200d\u2060]*$/

/** Index of the first answer without a text; -1 if there is none. */
const emptyAnswer = ({ turns, mask }: SourceConversation, maskRole: string): number =>
  turns.findIndex(({ from, value }) => invisible.test(value) && !isMasked(from, mask ?? maskRole))

/** The walk of a tree has limits of its own; this check covers every format. */
function checkSize(sources: readonly SourceConversation[], bounds: FanoutBounds): void {
  checkFanout(bounds, 'paths', sources.length)
  let bytes = 0
  for (const { turns, system } of sources) {
    checkFanout(bounds, 'turns', turns.length)
    bytes += Buffer.byteLength(system ?? '')
    for (const { value, label } of turns) bytes += Buffer.byteLength(value) + (label?.length ?? 0)
    checkFanout(bounds, 'bytes', bytes)
  }
}
