import { type Io } from '../command.js'

/** A long work's progress: a line drawn in place on a terminal, JSON lines otherwise. */
export interface Progress {
  /** Adds to what is done; draws at most five times a second (a JSON line every five seconds). */
  add(units: number, note?: string): void
  done(note?: string): void
}

/** Seconds as a person says them: 42 s, 3 min 5 s, 2 h 10 min. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/**
 * Starts a progress display. `total` in the same unit as `add`, null when unknown; `now` in milliseconds.
 */
export function progress(io: Io, label: string, unit: string, total: number | null, now = Date.now): Progress {
  const started = now()
  const every = io.interactive ? 200 : 5000
  let done = 0
  let drawn = started
  const figures = () => {
    const seconds = (now() - started) / 1000
    const rate = seconds > 0 ? done / seconds : 0
    const left = total !== null && rate > 0 ? Math.max(0, total - done) / rate : null
    return { seconds, rate, left }
  }
  const draw = (last: boolean, note?: string) => {
    const { seconds, rate, left } = figures()
    if (!io.interactive) {
      io.err(
        `${JSON.stringify({ progress: label, done, total, unit, perSecond: Math.round(rate), secondsLeft: left === null ? null : Math.round(left), note, ended: last })}\n`,
      )
      return
    }
    const share = total ? ` of ${total.toLocaleString('en')} (${Math.floor((100 * done) / total)}%)` : ''
    const end = last ? `in ${duration(seconds)}` : left === null ? '' : `${duration(left)} left`
    const line = `${label}  ${done.toLocaleString('en')}${share} ${unit}  ${Math.round(rate).toLocaleString('en')}/s  ${end}${note ? `  ${note}` : ''}`
    io.err(`\r\x1b[K${line.slice(0, io.columns - 1)}${last ? '\n' : ''}`)
  }
  return {
    add: (units, note) => {
      done += units
      const time = now()
      if (time - drawn < every) return
      drawn = time
      draw(false, note)
    },
    done: note => draw(true, note),
  }
}
