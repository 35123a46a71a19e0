import type { Log } from '../../runtime/log.js'
import { Waits } from '../../runtime/waits.js'
import { logBudget } from '../doctor/log.js'
import { SteerflowError } from '../../domain/errors.js'
import { openLines } from '../../adapters/source/file-lines.js'
import { openSource, type SourceOptions } from '../../adapters/source/open-source.js'
import { isStream, openStream } from '../../adapters/source/stream-lines.js'
import { flatFormat } from '../../domain/formats/index.js'
import type { KnownSource } from '../../runtime/beginnings.js'
import { ingest, type IngestTopics } from '../../runtime/ingest.js'
import { ingestStream } from '../../runtime/ingest-stream.js'
import { encode } from '../../stages/node.js'
import { deadLetters, ingestProgress, raw, type SourceName, sources } from '../../topics.js'
import { readWholeTopic } from '../read-topic.js'
import type { SourceSummary } from '../summary/summary.js'
import type { Workspace } from '../workspace.js'
import { race } from '../../runtime/concurrency.js'

/** Milliseconds between two looks. */
const lookMs = 1_000

/**
 * Says that sources wait for room in the log, while nothing of them is taken in and its budget for sources is used up.
 * @param taken items that were taken in so far
 * @returns what ends the looking
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
    else over ??= waits.begin(`room in the log, of which ${budget.detail}. ${budget.todo}`)
    before = now
  }, everyMs).unref()
  return () => {
    clearInterval(look)
    end(false)
  }
}

export interface IngestFlags {
  /** Name of the format; detected when absent. */
  readonly format?: string | undefined
  /** Take in only what the value model learns from. */
  readonly only?: 'labelled' | undefined
}

/** Told while sources are taken in. */
export interface IngestReport {
  /** Records and dead letters that were just published. */
  readonly seen?: (items: number) => void
  /** Where it is said while there is no room for more. */
  readonly waits?: Waits
  /** Ends a stream in good order. */
  readonly signal?: AbortSignal
  /** What a person should know, in words. */
  readonly tell?: (message: string) => void
}

/** Where records, rejects and progress go. */
const ingestTopics = ({ only }: IngestFlags): IngestTopics => ({
  topic: raw.name,
  deadLetters: deadLetters.name,
  progress: ingestProgress,
  named: (source, name, now, taken) => ({
    ...encode(sources, { source, name, at: new Date(now).toISOString(), taken: taken && [...taken], only }),
    headers: { node: 'ingest' },
  }),
})

/** Sources that are known again by their beginnings, each as it was last. */
export const knownAgain = (names: readonly SourceName[]): KnownSource[] =>
  [...new Map(names.map(one => [sources.key.of(one), one])).values()].flatMap(({ taken, ...about }) =>
    taken ? [{ ...about, taken }] : [],
  )

/**
 * Takes in files one after the other, from where they were when they have grown; `-`, named pipes and `<(…)` are streams,
 * of which records are published as they come.
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
  for (const file of files) {
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

/** What is torn says what was taken in of it. */
function withTaken(error: unknown, lines: number): unknown {
  if (!(error instanceof SteerflowError) || error.code !== 'STEERFLOW_INPUT_TORN') return error
  const message = `${error.message}; ${lines} lines of it were taken in now`
  return new SteerflowError(error.code, message, { cause: error.cause, next: error.next })
}

const optionsOf = ({ config }: Workspace, { format, only }: IngestFlags): SourceOptions => ({
  format,
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
  if (isLive) report.tell?.(`${input === '-' ? 'standard input' : input} is read as it comes: waits for its first line`)
  // Nobody may ever write a line: a signal is heard before the first one too.
  const stream = await (isLive ? unlessStopped(openStream(input, options), report.signal) : openLines(input, options))
  if (stream === null) return null
  const { name } = stream
  const to = ingestTopics(flags)
  try {
    if (stream.flat || flags.format === flatFormat) {
      if (isLive) report.tell?.(`${name} has a message a line: trees are made of them when all are there`)
      const source = await openSource(await stream.copied(), { ...options, format: flatFormat })
      return {
        name,
        digest: source.digest,
        ...(await ingest(workspace.log, { ...source, name }, to, report.seen)),
      }
    }
    const names = await readWholeTopic(workspace.log, sources)
    const known = knownAgain(names.filter(({ only }) => only === flags.only))
    const suffix = flags.only ? `-${flags.only}` : ''
    const signal = isLive ? report.signal : undefined
    return { name, ...(await ingestStream(workspace.log, stream, to, { ...report, signal, known, suffix })) }
  } finally {
    await stream.close()
  }
}

/** What it becomes, or null as soon as the signal comes. */
function unlessStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | null> {
  const stopped = new Promise<null>(resolve => {
    if (signal?.aborted) resolve(null)
    else signal?.addEventListener('abort', () => resolve(null), { once: true })
  })
  return race([work, stopped])
}
