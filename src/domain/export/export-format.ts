import type { AttributeSet } from '../attributes.js'
import type { Conversation, Split } from '../conversation.js'
import type { Feature } from '../dataset/features.js'
import type { Snapshot } from '../job.js'
import type { PromptTokens } from '../prompt-tokens.js'
import type { LabelPlace } from './label-place.js'

/** The input of an export, the same for every format. */
export interface ExportContext {
  readonly snapshot: Snapshot
  /** Attribute sets of the snapshot's labels. */
  readonly attributeSets: readonly AttributeSet[]
  /** Where formats without labels of their own put the label line. */
  readonly labels: LabelPlace
  readonly promptTokens: PromptTokens
  /** Path of the tokenizer file; number of threads for tokenizing; maximum tokens of a row. */
  readonly tokenizer: string
  readonly threads: number
  readonly maxTokens: number
}

/** The rows of a record. */
export interface EncodedRow {
  /** Rows as JSON text, one per line; empty if the record is left out. */
  readonly rows: readonly string[]
  /** How often something was left out or changed, by its description; summed over the export and listed in its card. */
  readonly counts?: Readonly<Record<string, number>>
}

/** A format applied to one snapshot. */
export interface Encoder {
  /** The type of every column of a row. */
  readonly features: readonly Feature[]
  /** A description of the export, as Markdown paragraphs for the card. */
  readonly about: readonly string[]
  /** @throws STEERFLOW_USAGE when the format cannot express the snapshot's records. */
  readonly encode: (record: Conversation) => EncodedRow | Promise<EncodedRow>
  /** Additional files by name, given the existing files of rows. */
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
