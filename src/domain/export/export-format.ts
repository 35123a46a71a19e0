import type { AttributeSet } from '../attributes.js'
import type { Conversation, Split } from '../conversation.js'
import type { Feature } from '../dataset/features.js'
import type { Snapshot } from '../job.js'
import type { PromptTokens } from '../prompt-tokens.js'
import type { LabelPlace } from './label-place.js'

/** What an export is made from: the same for every format, each takes what it needs. */
export interface ExportContext {
  readonly snapshot: Snapshot
  /** Attribute sets of the snapshot's labels. */
  readonly attributeSets: readonly AttributeSet[]
  /** Where formats without labels of their own write the label line. */
  readonly labels: LabelPlace
  readonly promptTokens: PromptTokens
  /** Path of the SentencePiece model; threads that may tokenize; tokens of a row at most. */
  readonly tokenizer: string
  readonly threads: number
  readonly maxTokens: number
}

/** What a record becomes. */
export interface EncodedRow {
  /** Rows as JSON text, one a line; none where the record is left out. */
  readonly rows: readonly string[]
  /** What was left out or changed, in words, with how often: summed over the export and said in its card. */
  readonly counts?: Readonly<Record<string, number>>
}

/** A format at work on one snapshot. */
export interface Encoder {
  /** The type of every column of a row. */
  readonly features: readonly Feature[]
  /** What was done, as paragraphs in Markdown for the card. */
  readonly about: readonly string[]
  /** @throws STEERFLOW_USAGE when the snapshot's records have no form in this format. */
  readonly encode: (record: Conversation) => EncodedRow | Promise<EncodedRow>
  /** Files beside the rows, by name, for the files of rows that there are. */
  readonly files?: (rows: Readonly<Record<Split, string>>) => Readonly<Record<string, string>>
  readonly close?: () => Promise<void>
}

/** A format of `datasets export`: one file each, and a line in the table of formats. */
export interface ExportFormat {
  readonly name: string
  /** One line for the help page. */
  readonly summary: string
  readonly open: (context: ExportContext) => Encoder | Promise<Encoder>
}
