import { openSource } from '../../adapters/source/open-source.js'
import { ingest, type IngestTopics } from '../../runtime/ingest.js'
import { encode } from '../../stages/bind.js'
import { deadLetters, ingestProgress, raw, sources } from '../../topics.js'
import { type SourceSummary } from '../summary/summary.js'
import { type Workspace } from '../workspace.js'

/** Where ingested records, rejects and progress go. */
export const ingestTopics: IngestTopics = {
  topic: raw.name,
  deadLetters: deadLetters.name,
  progress: ingestProgress,
  named: (source, name, now) => ({
    ...encode(sources, { source, name, at: new Date(now).toISOString() }),
    headers: { node: 'ingest' },
  }),
}

export interface IngestFlags {
  /** Name of the format; detected when absent. */
  readonly format?: string | undefined
  /** Take in only what the value model learns from. */
  readonly only?: 'labelled' | undefined
}

/** Takes in files one after the other; `-` is standard input. Calls `seen` with every batch. */
export async function ingestFiles(
  { log, config }: Workspace,
  files: readonly string[],
  { format, only }: IngestFlags,
  seen: (items: number) => void = () => undefined,
): Promise<readonly SourceSummary[]> {
  const summaries: SourceSummary[] = []
  for (const file of files) {
    const source = await openSource(file, { format, only, maxLineBytes: config.ingest.maxLineBytes })
    try {
      const result = await ingest(log, source, ingestTopics, seen)
      summaries.push({ name: source.name, digest: source.digest, ...result })
    } finally {
      await source.close()
    }
  }
  return summaries
}
