import type { Logger } from 'pino'
import { exitCodes, type Session } from '../command.js'
import type { SourceSummary } from '../summary/summary.js'

/** Whether nothing of a source is in the log, now or from before. */
export const isNoneTaken = ({ records, skipped }: SourceSummary): boolean => records === 0 && skipped === 0

/** Of a last line that was left out. */
export const leftText = 'the last line has no end and is no whole record yet'

interface Told {
  readonly session: Session
  readonly logger: Logger
}

/** Says of each source that nothing of it was taken in, and lets the command end as one that lacks what was asked for. */
export function sayNoneTaken(
  { session, logger }: Told,
  sources: readonly Pick<SourceSummary, 'name' | 'rejected' | 'skipped' | 'left'>[],
): void {
  for (const { name, rejected, skipped, left } of sources) {
    const records = rejected + skipped + left
    const none = `${name}: none of its ${records} records was taken in`
    const why = left > rejected + skipped ? `${none}: ${leftText}` : `${none}; steerflow dead-letters list says why`
    const words = records === 0 ? `${name} is empty: nothing was taken in` : why
    logger.warn({ event: 'source' }, words)
    if (session.interactive) session.err(`${words}\n`)
    session.exit(exitCodes.rejected)
  }
}

/** The same of conversations that were taken in, and of which none is left. */
export function sayNothingCame({ session, logger }: Told): void {
  const words = 'nothing is left: no conversation was annotated'
  const next =
    'steerflow dead-letters summary says what was rejected, steerflow tap conversations.dropped what was left out'
  logger.warn({ event: 'source', next }, words)
  if (session.interactive) session.err(`${words}\n  next: ${next}\n`)
  session.exit(exitCodes.rejected)
}
