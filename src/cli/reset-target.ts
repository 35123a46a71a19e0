import { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import { type ResetTarget } from '../runtime/reset.js'

export interface TargetFlags {
  readonly toEarliest?: true
  readonly toLatest?: true
  readonly toDatetime?: string
  readonly shiftBy?: string
  readonly toOffset?: string
}

const Time = z.union([z.iso.datetime({ offset: true }), z.iso.date()])
const shapes = { shift: /^[+-]?\d+$/, offset: /^\d+$/ }

/** Where the offsets are to go. @throws STEERFLOW_USAGE unless exactly one place is named */
export function resetTarget({ toEarliest, toLatest, toDatetime, shiftBy, toOffset }: TargetFlags): ResetTarget {
  const targets: ResetTarget[] = []
  if (toEarliest) targets.push({ kind: 'earliest' })
  if (toLatest) targets.push({ kind: 'latest' })
  if (toDatetime !== undefined) targets.push({ kind: 'datetime', time: timeOf(toDatetime) })
  if (shiftBy !== undefined) targets.push({ kind: 'shift', by: whole('--shift-by', shiftBy, shapes.shift) })
  if (toOffset !== undefined) targets.push({ kind: 'offset', offset: whole('--to-offset', toOffset, shapes.offset) })
  const [target, ...others] = targets
  if (target && others.length === 0) return target
  const ways = '--to-earliest, --to-latest, --to-datetime, --shift-by or --to-offset'
  throw new SteerflowError('STEERFLOW_USAGE', `name one place to go to: ${ways}`)
}

function timeOf(text: string): number {
  if (Time.safeParse(text).success) return Date.parse(text)
  const example = '2026-01-31T08:00:00Z, 2026-01-31T08:00:00+01:00, or a day, which begins in UTC'
  throw new SteerflowError('STEERFLOW_USAGE', `--to-datetime ${text}: expected a time with its zone, as ${example}`)
}

function whole(option: string, text: string, shape: RegExp): bigint {
  if (shape.test(text)) return BigInt(text.replace('+', ''))
  throw new SteerflowError('STEERFLOW_USAGE', `${option} ${text}: expected a whole number`)
}
