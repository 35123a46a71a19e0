import { z } from 'zod'
import type { Facts } from './facts.js'
import type { Rules } from './when.js'

/** What a gate said: the value that it saw, what it demands, and whether that holds. */
export const GateResult = z
  .strictObject({
    rule: z.string().describe('e.g. validation, or stability of quality'),
    value: z.union([z.number(), z.string()]).nullable().describe('what was seen; null when it cannot be told'),
    threshold: z.union([z.number(), z.string()]).nullable().describe('what is demanded; null: nothing'),
    held: z.boolean().describe('a gate that cannot tell holds'),
  })
  .meta({ title: 'GateResult' })
export type GateResult = z.output<typeof GateResult>

/** A decision that is to be taken. */
export interface GateQuestion {
  readonly facts: Facts
  /** The facts that the last job was asked for with; null before the first. */
  readonly trained: Facts | null
  readonly rules: Rules
  /** New train records that are demanded. */
  readonly leastNew: number
}

/** A rule that every job must pass: a pure function of what the manifests say. */
export type Gate = (asked: GateQuestion) => readonly GateResult[]

/** A gate that demands at least so much. */
export const atLeast = (rule: string, value: number, threshold: number): GateResult => ({
  rule,
  value,
  threshold,
  held: value >= threshold,
})

/** A gate and what it demands, in a few characters: `validation>=1`, `stability of quality<=0.2`. */
export const gateText = ({ rule, threshold }: GateResult): string =>
  threshold === null ? rule : `${rule}${rule.startsWith('stability') ? '<=' : '>='}${threshold}`
