import { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'

const Time = z.union([z.iso.datetime({ offset: true }), z.iso.date()])

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A time given as an option, in milliseconds since 1970. @throws STEERFLOW_USAGE if it is not a time */
export function timeOf(option: string, text: string): number {
  if (Time.safeParse(text).success) return Date.parse(text)
  const example = '2026-01-31T08:00:00Z, 2026-01-31T08:00:00+01:00, or a date, which starts at midnight UTC'
  throw new SteerflowError('STEERFLOW_USAGE', `${option} ${text}: expected a time with its zone, as ${example}`)
}

/** Like `timeOf`; also accepts an age before `now`: 30m, 2h, 7d. */
export function timeOrAge(option: string, text: string, now: number): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  return count === undefined ? timeOf(option, text) : now - Number(count) * units[unit as keyof typeof units]
}
