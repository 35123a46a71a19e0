import type { Logger } from 'pino'
import type { Screen } from '../command.js'
import { printableLine } from '../output/printable.js'
import { MovingRate } from './moving-rate.js'

/** Progress display of a long task: a line drawn in place on a terminal; otherwise JSON lines, or log lines. */
export interface Progress {
  /**
   * Adds finished units. Draws at most five times a second, or prints a line every five seconds.
   * @param stands why nothing advances now; the remaining time is then left out
   */
  add(units: number, note?: string, stands?: string): void
  done(note?: string): void
}

/** Seconds as readable text: 42 s, 3 min 5 s, 2 h 10 min. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** Interval of log lines without progress, in milliseconds. */
const heartbeatMs = 60_000

/**
 * Starts a progress display. `total` has the unit of `add`; null if unknown. Without a terminal, lines go to `logger` if it
 * is given, otherwise to standard error; `logger` also gets a line per minute without progress.
 */
export function progress(
  screen: Screen,
  label: string,
  unit: string,
  total: number | null,
  { logger, now = () => performance.now() }: { readonly logger?: Logger; readonly now?: () => number } = {},
): Progress {
  const started = now()
  const every = screen.interactive ? 200 : 5000
  let done = 0
  let drawn = started
  const moving = new MovingRate(started)
  /** The recent rate; at the end, the average rate. */
  const figures = (last: boolean, stands: boolean) => {
    const at = now()
    const seconds = (at - started) / 1000
    moving.at(at, done)
    const rate = !last ? moving.perSecond : seconds > 0 ? done / seconds : 0
    const goesOn = !stands && rate > 0 && moving.stillFor(at) === null
    const left = total !== null && goesOn ? Math.max(0, total - done) / rate : null
    return { seconds, rate, left }
  }
  const draw = (last: boolean, note?: string, stands = false) => {
    const { seconds, rate, left } = figures(last, stands)
    if (!screen.interactive) {
      const perSecond = Math.round(rate)
      const facts = { progress: label, done, total, unit, perSecond, secondsLeft: left && Math.round(left), note }
      if (!logger) screen.err(`${JSON.stringify({ ...facts, ended: last })}\n`)
      else if (!last) logger.info({ event: 'progress', ...facts, seconds: Math.round(seconds) }, label)
      return
    }
    const share = total ? ` of ${total.toLocaleString('en')} (${Math.floor((100 * done) / total)}%)` : ''
    const end = last ? `in ${duration(seconds)}` : left === null ? '' : `${duration(left)} left`
    const line = `${label}  ${done.toLocaleString('en')}${share} ${unit}  ${Math.round(rate).toLocaleString('en')}/s  ${end}${note ? `  ${note}` : ''}`
    screen.draw(`\r\x1b[K${printableLine(line).slice(0, screen.columns - 1)}${last ? '\n' : ''}`)
  }
  const show = (note?: string, stands?: string) => {
    drawn = now()
    draw(false, stands ?? note, stands !== undefined)
  }
  const beat = () => now() - drawn >= heartbeatMs && show()
  const heartbeat = logger && !screen.interactive ? setInterval(beat, heartbeatMs / 4).unref() : undefined
  return {
    add: (units, note, stands) => {
      done += units
      if (now() - drawn >= every) show(note, stands)
    },
    done: note => {
      clearInterval(heartbeat)
      draw(true, note)
    },
  }
}
