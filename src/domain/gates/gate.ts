import { z } from 'zod'
import type { Facts } from './facts.js'
import type { Rules } from './when.js'

/** The result of a gate: the value that it saw, the value that it requires, and whether it holds. */
export const GateResult = z
  .strictObject({
    rule: z.string().describe('e.g. validation, or stability of quality'),
    value: z.union([z.number(), z.string()]).nullable().describe('what was seen; null when it cannot be told'),
    threshold: z.union([z.number(), z.string()]).nullable().describe('what is demanded; null: nothing'),
    held: z.boolean().describe('a gate that cannot tell holds'),
  })
  .meta({ title: 'GateResult' })
export type GateResult = z.output<typeof GateResult>

/** A decision to be taken. */
export interface GateQuestion {
  readonly facts: Facts
  /** The facts when the last job was requested; null before the first. */
  readonly trained: Facts | null
  readonly rules: Rules
  /** The required number of new train records. */
  readonly leastNew: number
}

/** A rule that every job must pass: a pure function of the facts in the manifests. */
export type Gate = (asked: GateQuestion) => readonly GateResult[]

/** A gate that requires a minimum. */
export const atLeast = (rule: string, value: number, threshold: number): GateResult => ({
  rule,
  value,
  threshold,
  held: value >= threshold,
})

/** A gate and its requirement, in a few characters: `validation>=1`, `stability of quality<=0.2`. */
export const gateText = ({ rule, threshold }: GateResult): string =>
  threshold === null ? rule : `${rule}${rule.startsWith('stability') ? '<=' : '>='}${threshold}`
