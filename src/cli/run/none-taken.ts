import type { Logger } from 'pino'
import { exitCodes, type Session } from '../command.js'
import type { SourceSummary } from '../summary/summary.js'

/** True if the log has no record of the source, from this run or an earlier one. */
export const isNoneTaken = ({ records, skipped }: SourceSummary): boolean => records === 0 && skipped === 0

/** Why the last line was skipped. */
export const leftText = 'the last line has no line end and is not a complete record yet'

/** What can be read, for someone who gave something else. */
export const inputsText = 'inputs are JSON lines, JSON arrays or Parquet: convert tables (CSV) and texts first'

interface Told {
  readonly session: Session
  readonly logger: Logger
}

/** Reports sources without an ingested record; the command then ends with exit code 3. */
export function sayNoneTaken(
  { session, logger }: Told,
  sources: readonly Pick<SourceSummary, 'name' | 'rejected' | 'skipped' | 'left'>[],
): void {
  for (const { name, rejected, skipped, left } of sources) {
    const records = rejected + skipped + left
    const none = `${name}: none of its ${records} records was ingested`
    const why =
      left > rejected + skipped
        ? `${none}: ${leftText}`
        : `${none}; steerflow dead-letters list shows why; ${inputsText}`
    const words = records === 0 ? `${name} is empty: nothing was ingested` : why
    logger.warn({ event: 'source' }, words)
    if (session.interactive) session.err(`${words}\n`)
    session.exit(exitCodes.rejected)
  }
}

/** Reports that no ingested conversation was annotated; the command then ends with exit code 3. */
export function sayNothingCame({ session, logger }: Told): void {
  const words = 'nothing is left: no conversation was annotated'
  const next =
    'steerflow dead-letters summary shows rejected records, steerflow tap conversations.dropped shows dropped ones'
  logger.warn({ event: 'source', next }, words)
  if (session.interactive) session.err(`${words}\n  next: ${next}\n`)
  session.exit(exitCodes.rejected)
}
