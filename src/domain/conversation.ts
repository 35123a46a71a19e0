import { z } from 'zod'
import { SourceMap } from './formats/map.js'

/** One utterance. Its keys have the original scripts' order; `gt_label` keeps the human label once one is predicted. */
export const Turn = z
  .strictObject({
    value: z.string().describe('the text, verbatim'),
    from: z.string().describe('the speaker: User or Assistant'),
    label: z.string().nullable().optional().describe('attribute line, e.g. quality:4,toxicity:0,lang:en'),
    lang: z.string().optional().describe('language code of the source'),
    gt_label: z.string().nullable().optional().describe('the human label that a predicted one replaced'),
  })
  .meta({ title: 'Turn' })
export type Turn = z.output<typeof Turn>

/** The part of a reply that is learnt: the attribute line (value model) or the text (steerable model). */
export const ConversationType = z.enum(['TEXT_TO_VALUE', 'VALUE_TO_TEXT'])
export type ConversationType = z.output<typeof ConversationType>

export const Split = z.enum(['train', 'validation'])
export type Split = z.output<typeof Split>

/** A change by a stage that gave a record new text or turns, and thereby a new id. */
export const Change = z
  .strictObject({
    stage: z.string().describe('name of the stage'),
    options: z.string().describe('digest of the options with which it did'),
    parent: z.string().describe('id of the record that it was before'),
  })
  .meta({ title: 'Change' })
export type Change = z.output<typeof Change>

/** The origin of a record. Nothing in it depends on offsets, clocks or machines, so equal inputs give equal lines. */
export const Lineage = z
  .strictObject({
    source: z.string().describe('sha256 of the source file, or the name of the stream'),
    line: z.int().nonnegative().describe('line in the source, from 1; 0 where there are no lines'),
    configuration: z.string().describe('digest of the options that shaped the record'),
    session: z.string().optional().describe('session that the source names, of which the record is one request'),
    models: z.array(z.string()).describe('digests of the models that touched the record, in order'),
    changes: z.array(Change).optional().describe('what stages changed in its text, in order'),
  })
  .meta({ title: 'Lineage' })
export type Lineage = z.output<typeof Lineage>

/** Another model's labels for a conversation, beside those it has. One entry for each turn, null if not scored. */
export const Rescored = z
  .strictObject({
    value_model: z.string().describe('digest of the model that predicted these labels'),
    attribute_set: z.string().describe('name and version of the attribute set of these labels'),
    labels: z.array(z.string().nullable()).describe('attribute line of each turn'),
    scores: z.array(z.record(z.string(), z.number()).nullable()).describe('raw scores of each turn, before rounding'),
  })
  .meta({ title: 'Rescored' })
export type Rescored = z.output<typeof Rescored>

/** The origin of an answer that was sampled in a bootstrap round. */
export const Bootstrapped = z
  .strictObject({
    round: z.string(),
    prompt: z.int().nonnegative().describe('index of the prompt in the round'),
    candidate: z.int().nonnegative().describe('number of the sample'),
    seed: z.int().nonnegative().describe('of the draw'),
    asked: z.string().describe('the attribute line that was asked for; the turn has the one that was predicted'),
    kept: z.enum(['accepted', 'negative']).describe('negative: below the floor, kept as an example of its label'),
  })
  .meta({ title: 'Bootstrapped' })
export type Bootstrapped = z.output<typeof Bootstrapped>

/** The part of a conversation that steerflow adds; always the last key of the line. */
export const Provenance = z
  .strictObject({
    id: z.string().describe('digest of the canonical path and the type'),
    split: Split,
    split_rule: z.string().describe('how the split was decided, e.g. hash(seed=10,ratio=0.95) or source'),
    origin: z.string().describe('format of the source: oasst-tree, sharegpt, …'),
    lineage: Lineage,
    bootstrap: Bootstrapped.optional().describe('of an answer that was sampled in a round'),
    scores: z
      .array(z.record(z.string(), z.number()).nullable())
      .nullable()
      .describe('raw predicted scores of each turn, before rounding'),
    value_model: z.string().nullable().describe('digest of the model that predicted the labels'),
    attribute_set: z.string().describe('name and version of the attribute set of the labels'),
    rescored: z
      .array(Rescored)
      .optional()
      .describe('labels of other models beside those of the turns, in order of making'),
  })
  .meta({ title: 'Provenance' })
export type Provenance = z.output<typeof Provenance>

/**
 * A conversation, the same in a topic and in a line of a shard. Without `steerflow` its bytes are those of the original
 * scripts (docs/reference/original-scripts.md#preprocessing).
 */
export const Conversation = z
  .strictObject({
    conversations: z.array(Turn).min(1),
    tree_id: z.string().describe('the tree or thread that the conversation is a path of; the key of its partition'),
    system: z.string().describe('the system prompt, verbatim'),
    mask: z.string().describe('the speaker whose turns are not learnt'),
    type: ConversationType,
    steerflow: Provenance,
  })
  .meta({ title: 'Conversation' })
export type Conversation = z.output<typeof Conversation>

/** Why something was left out that is no error: by a clean stage, or by preprocess. */
export const DropReason = z.enum([
  'fully-masked',
  'control-token',
  'no-chat',
  'tool-turns',
  'not-to-learn',
  'empty-answer',
  'repeat',
])
export type DropReason = z.output<typeof DropReason>

/** A conversation, or a part of a source record, that a stage left out, with the reason. */
export const Dropped = z
  .strictObject({
    reason: DropReason.describe('the rule that dropped it'),
    detail: z.string().describe('the rule with its values'),
    conversation: Conversation.optional().describe('the conversation; absent where a part of a record became none'),
    part: z
      .strictObject({
        format: z.string().describe('format of the record'),
        source: z.string().describe('sha256 of the source file, or the name of the stream'),
        line: z.int().nonnegative().describe('line in the source, from 1; 0 where there are no lines'),
      })
      .optional()
      .describe('the source record, of which a part was left out'),
  })
  .meta({ title: 'Dropped' })
export type Dropped = z.output<typeof Dropped>

/** A source record as received, not yet interpreted. Any producer may write these. */
export const Raw = z
  .strictObject({
    only: z
      .enum(['labelled', 'unscored'])
      .optional()
      .describe('take it in only to learn scoring from, or only to be scored; both when absent'),
    format: z.string().optional().describe('oasst-tree, sharegpt, openai-messages, helpsteer; detected when absent'),
    split: Split.optional().describe('the split that the source itself names'),
    map: SourceMap.optional().describe('what the source calls keys and speakers, if they have names of its own'),
    source: z.string().optional().describe('sha256 of the source file, or the name of the stream'),
    line: z.int().nonnegative().optional().describe('line in the source, from 1'),
    record: z.record(z.string(), z.unknown()).describe('the source record itself'),
  })
  .meta({ title: 'Raw' })
export type Raw = z.output<typeof Raw>
