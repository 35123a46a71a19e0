import { z } from 'zod'

/** What goes wrong with a request. */
export const Fault = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('status'), status: z.int(), retryAfter: z.number().optional() }),
  /** Status 200 with a JSON string, as the original refuses a value. */
  z.object({ kind: z.literal('string') }),
  /** One sentence too few. */
  z.object({ kind: z.literal('count') }),
  z.object({ kind: z.literal('not-json') }),
  /** The connection is reset in the middle of the body. */
  z.object({ kind: z.literal('reset') }),
  /** Accepted, never answered. */
  z.object({ kind: z.literal('hang') }),
  z.object({ kind: z.literal('slow'), ms: z.number() }),
  /** Sentences that hold no label. */
  z.object({ kind: z.literal('nonsense') }),
])
export type Fault = z.output<typeof Fault>

/** Which requests it hits: these (counted from 1), every so-manieth, those whose prompts hold a text; all of them if absent. */
export const FaultRule = z.object({
  fault: Fault,
  requests: z.array(z.int()).optional(),
  every: z.int().optional(),
  containing: z.string().optional(),
})
export type FaultRule = z.output<typeof FaultRule>

/** The fault of request number `request`, null for most. */
export function faultOf(rules: readonly FaultRule[], request: number, body: string): Fault | null {
  const hit = rules.find(
    rule =>
      (rule.requests?.includes(request) ?? true) &&
      (rule.every === undefined || request % rule.every === 0) &&
      (rule.containing === undefined || body.includes(rule.containing)),
  )
  return hit?.fault ?? null
}
