import type { Log } from '../../runtime/log.js'
import { Waits } from '../../runtime/waits.js'
import { logBudget } from '../doctor/log.js'
import { SteerflowError } from '../../domain/errors.js'
import { openLines } from '../../adapters/source/file-lines.js'
import { openSource, type SourceOptions } from '../../adapters/source/open-source.js'
import { isStream, openStream } from '../../adapters/source/stream-lines.js'
import { flatFormat } from '../../domain/formats/index.js'
import { digest } from '../../domain/digest.js'
import { isEmptyMap, type SourceMap } from '../../domain/formats/map.js'
import { expandInputs } from './expand-inputs.js'
import type { KnownSource } from '../../runtime/beginnings.js'
import { ingest, type IngestTopics } from '../../runtime/ingest.js'
import { ingestStream } from '../../runtime/ingest-stream.js'
import { encode } from '../../stages/node.js'
import { deadLetters, ingestProgress, raw, type SourceName, sources } from '../../topics.js'
import { readWholeTopic } from '../read-topic.js'
import type { SourceSummary } from '../summary/summary.js'
import type { Workspace } from '../workspace.js'
import { race } from '../../runtime/concurrency.js'

/** Polling interval in milliseconds. */
const lookMs = 1_000

/**
 * Reports that sources wait for room in the log, while the budget for sources is used up and nothing is ingested.
 * @param taken number of items ingested so far
 * @returns a function that ends the watch
 */
export function sayRoomWaits(log: Pick<Log, 'usage'>, waits: Waits, taken: () => number, everyMs = lookMs): () => void {
  let over: ((there: boolean) => void) | null = null
  let before = taken()
  const end = (there: boolean): void => {
    over?.(there)
    over = null
  }
  const look = setInterval(() => {
    const now = taken()
    const budget = log.usage ? logBudget(log.usage()) : null
    if (now !== before || budget?.state !== 'fail') end(true)
    else over ??= waits.begin(`room in the log: ${budget.detail}. ${budget.todo}`)
    before = now
  }, everyMs).unref()
  return () => {
    clearInterval(look)
    end(false)
  }
}

export interface IngestFlags {
  /** Name of the format; detected if absent. */
  readonly format?: string | undefined
  /** Ingest only records with human labels, which the value model is trained on. */
  readonly only?: 'labelled' | undefined
  /** Names of keys and speakers, in place of those of the configuration. */
  readonly map?: SourceMap | undefined
}

/** Callbacks during ingestion. */
export interface IngestReport {
  /** Receives the number of records and dead letters just published. */
  readonly seen?: (items: number) => void
  /** Receives waits for room in the log. */
  readonly waits?: Waits
  /** Ends a stream cleanly. */
  readonly signal?: AbortSignal
  /** Receives messages for a person. */
  readonly tell?: (message: string) => void
}

/** Topics of records, rejects and progress. */
const ingestTopics = (only: string | undefined): IngestTopics => ({
  topic: raw.name,
  deadLetters: deadLetters.name,
  progress: ingestProgress,
  named: (source, name, now, taken) => ({
    ...encode(sources, { source, name, at: new Date(now).toISOString(), taken: taken && [...taken], only }),
    headers: { node: 'ingest' },
  }),
})

/** Latest state of each source that is recognised by its beginning. */
export const knownAgain = (names: readonly SourceName[]): KnownSource[] =>
  [...new Map(names.map(one => [sources.key.of(one), one])).values()].flatMap(({ taken, ...about }) =>
    taken ? [{ ...about, taken }] : [],
  )

/**
 * Ingests files one after another; files that have grown continue at their old end. `-`, named pipes and `<(…)` are streams,
 * whose records are published as they arrive.
 */
export async function ingestFiles(
  workspace: Workspace,
  files: readonly string[],
  flags: IngestFlags,
  report: IngestReport = {},
): Promise<readonly SourceSummary[]> {
  const summaries: SourceSummary[] = []
  let published = 0
  const seen = (items: number): void => {
    published += items
    report.seen?.(items)
  }
  for (const file of await expandInputs(files, report.tell)) {
    if (report.signal?.aborted) break
    const enough = sayRoomWaits(workspace.log, report.waits ?? new Waits(), () => published)
    try {
      const before = published
      const taken = await take(workspace, file, flags, { ...report, seen }).catch((error: unknown) => {
        throw withTaken(error, published - before)
      })
      if (taken) summaries.push(taken)
    } finally {
      enough()
    }
  }
  return summaries
}

/** Adds the number of ingested lines to the error of a torn source. */
function withTaken(error: unknown, lines: number): unknown {
  if (!(error instanceof SteerflowError) || error.code !== 'STEERFLOW_INPUT_TORN') return error
  const message = `${error.message}; ${lines} of its lines were ingested now`
  return new SteerflowError(error.code, message, { cause: error.cause, next: error.next })
}

/** What a source is ingested for. The same source under other names of its keys and speakers counts as another. */
function purposeOf({ only, map }: SourceOptions): string | undefined {
  const names = map && !isEmptyMap(map) ? `map${digest(JSON.stringify(map)).slice(0, 12)}` : undefined
  return only === undefined ? names : names === undefined ? only : `${only}-${names}`
}

const optionsOf = ({ config }: Workspace, { format, only, map }: IngestFlags): SourceOptions => ({
  format,
  map: map ?? config.ingest.map,
  formats: config.flow.formats,
  only,
  maxLineBytes: config.ingest.maxLineBytes,
})

async function take(
  workspace: Workspace,
  input: string,
  flags: IngestFlags,
  report: IngestReport,
): Promise<SourceSummary | null> {
  const options = optionsOf(workspace, flags)
  const isLive = await isStream(input)
  if (isLive)
    report.tell?.(`${input === '-' ? 'standard input' : input} is read as it arrives: waiting for its first line`)
  // The first line may never come, so a signal must also end this wait.
  const stream = await (isLive ? unlessStopped(openStream(input, options), report.signal) : openLines(input, options))
  if (stream === null) return null
  const { name } = stream
  const purpose = purposeOf(options)
  const to = ingestTopics(purpose)
  try {
    if (stream.flat || flags.format === flatFormat) {
      if (isLive) report.tell?.(`${name} has one message per line: trees are built once all have arrived`)
      const source = await openSource(await stream.copied(), { ...options, format: flatFormat })
      return {
        name,
        digest: source.digest,
        ...(await ingest(workspace.log, { ...source, name }, to, report.seen)),
      }
    }
    const names = await readWholeTopic(workspace.log, sources)
    const known = knownAgain(names.filter(({ only }) => only === purpose))
    const suffix = purpose === undefined ? '' : `-${purpose}`
    const signal = isLive ? report.signal : undefined
    return { name, ...(await ingestStream(workspace.log, stream, to, { ...report, signal, known, suffix })) }
  } finally {
    await stream.close()
  }
}

/** Resolves like `work`, or to null on the signal. */
function unlessStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | null> {
  const stopped = new Promise<null>(resolve => {
    if (signal?.aborted) resolve(null)
    else signal?.addEventListener('abort', () => resolve(null), { once: true })
  })
  return race([work, stopped])
}
