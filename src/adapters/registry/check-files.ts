import { sha256 } from '../../domain/digest.js'
import { type SchemaIndex, subjectOf } from './schema-index.js'

/** State of a committed version without a registry: its file is unchanged, changed or missing. */
export interface FileStatus {
  readonly topic: string
  readonly subject: string
  readonly version: number
  readonly state: 'as committed' | 'changed' | 'no file'
  readonly id: number
  readonly file: string
}

export const checkFiles = (index: SchemaIndex): readonly FileStatus[] =>
  index.topics.flatMap(topic =>
    index.versions(topic).map(entry => ({
      topic,
      subject: subjectOf(topic),
      version: entry.version,
      state: stateOf(entry.digest, () => index.text(entry)),
      id: entry.id,
      file: `schemas/${entry.file}`,
    })),
  )

function stateOf(digest: string, text: () => string): FileStatus['state'] {
  try {
    return sha256(text()) === digest ? 'as committed' : 'changed'
  } catch {
    return 'no file'
  }
}
