import { z } from 'zod'

/** What goes wrong with a request. */
export const Fault = z.discriminatedUnion('kind', [
  /** `retryAfter`: seconds in the header of that name; left out: no header, as most servers do. */
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
  /** Answered so much later. */
  z.object({ kind: z.literal('slow'), ms: z.number() }),
  /** Answered at once, but the body comes a few bytes at a time, all of it in `ms` milliseconds. */
  z.object({ kind: z.literal('drip'), ms: z.number() }),
  /** Sentences that hold no label. */
  z.object({ kind: z.literal('nonsense') }),
  /** Every connection is ended, the port closed; the server is back after `ms` milliseconds. */
  z.object({ kind: z.literal('restart'), ms: z.number() }),
])
export type Fault = z.output<typeof Fault>

/** Which requests it hits: those for which all that is given is true; all of them if nothing is. */
export const FaultRule = z.object({
  fault: Fault,
  /** These, counted from 1. */
  requests: z.array(z.int()).optional(),
  /** Every so-manieth. */
  every: z.int().optional(),
  /** Those whose prompts hold a text. */
  containing: z.string().optional(),
  /** This part of them, between 0 and 1, drawn for each by its number and `seed` (0). */
  share: z.number().min(0).max(1).optional(),
  seed: z.int().optional(),
})
export type FaultRule = z.output<typeof FaultRule>

/** The fault of request number `request`, null for most. The same rules hit the same numbers each time. */
export function faultOf(rules: readonly FaultRule[], request: number, body: string): Fault | null {
  const hit = rules.find(
    (rule, index) =>
      (rule.requests?.includes(request) ?? true) &&
      (rule.every === undefined || request % rule.every === 0) &&
      (rule.containing === undefined || body.includes(rule.containing)) &&
      (rule.share === undefined || draw(rule.seed ?? 0, index, request) < rule.share),
  )
  return hit?.fault ?? null
}

/**
 * Every fault after which a request may succeed when it is sent again, each on that share of the requests. Those that
 * wait take longer than `deadlineMs`. A refusal (`string`, 400) is not among them: by contract it is the record's own fault.
 */
export function everyPassingFault(share: number, seed: number, deadlineMs: number): FaultRule[] {
  const faults: readonly Fault[] = [
    ...[500, 501, 502, 503, 504, 408, 429].map(status => ({ kind: 'status', status }) as const),
    { kind: 'status', status: 429, retryAfter: 0.05 },
    { kind: 'status', status: 503, retryAfter: 0.05 },
    { kind: 'count' },
    { kind: 'not-json' },
    { kind: 'nonsense' },
    { kind: 'reset' },
    { kind: 'hang' },
    { kind: 'slow', ms: deadlineMs * 1.5 },
    { kind: 'drip', ms: deadlineMs * 1.5 },
    { kind: 'restart', ms: 50 },
  ]
  return faults.map(fault => ({ fault, share, seed }))
}

/** A number in [0, 1) for each triple, the same every time: the last step of MurmurHash3 after each. */
function draw(...numbers: readonly number[]): number {
  let hash = 0
  for (const number of numbers) {
    hash = (hash * 31 + number + 0x9e3779b9) | 0
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return (hash >>> 0) / 2 ** 32
}
