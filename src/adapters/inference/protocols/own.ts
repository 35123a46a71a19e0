import { z } from 'zod'
import type { AttributeSet } from '../../../domain/attributes.js'
import { asSteerflowError, SteerflowError } from '../../../domain/errors.js'
import type { Guided } from './guided.js'
import type { HttpReply, Protocol, Verdict } from './protocol.js'
import type { KnownProtocol } from './protocols.js'

/** Settings from the entry of an endpoint for its protocol. */
export interface OwnProtocolOptions {
  /** `modelName`: the name of the model in requests. */
  readonly model?: string
  /** How requests restrict the server to label lines. */
  readonly guided?: Guided
}

/** A protocol of a custom flow: the same for every server, or built from the entry and the predicted set. */
export type OwnProtocol = Protocol | ((options: OwnProtocolOptions, set: AttributeSet) => Protocol)

const Shape = z.looseObject({
  gives: z.enum(['text', 'scores']),
  maxBatch: z.int().positive(),
  request: z.custom<Protocol['request']>(value => typeof value === 'function', 'expected a function'),
  classify: z.custom<Protocol['classify']>(value => typeof value === 'function', 'expected a function'),
})

const tokens = z
  .object({ prompt: z.int().nonnegative(), completion: z.int().nonnegative() })
  .nullish()
  .transform(counted => counted ?? null)
const scores = z.record(z.string(), z.number())

const GivenVerdict = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ok'),
    answers: z.array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('sentence'), sentence: z.string(), scores: scores.nullable(), tokens }),
        z.object({ kind: z.literal('continuation'), text: z.string(), finish: z.enum(['stop', 'length']), tokens }),
        z.object({ kind: z.literal('scores'), scores, tokens }),
      ]),
    ),
  }),
  z.object({ kind: z.literal('overloaded'), reason: z.string(), retryAfterMs: z.number().nonnegative().nullable() }),
  z.object({ kind: z.enum(['unavailable', 'elsewhere', 'poison']), reason: z.string() }),
])

/**
 * A protocol of a custom flow, as a row of the table. Its results are checked: an invalid verdict counts as a failure
 * of the server, so that no record waits for it.
 * @throws STEERFLOW_FLOW_INVALID if it is not a protocol
 */
export function ownProtocol(name: string, own: OwnProtocol): KnownProtocol {
  if (typeof own !== 'function') {
    const one = careful(name, own)
    return { takes: [], make: () => one }
  }
  return {
    takes: ['model', 'guided'],
    make: (given, set) =>
      careful(
        name,
        made(name, () => own(given as object, set)),
      ),
  }
}

function made(name: string, make: () => Protocol): Protocol {
  try {
    return make()
  } catch (cause) {
    const { message } = asSteerflowError(cause)
    throw new SteerflowError('STEERFLOW_FLOW_INVALID', `the inference protocol ${name} cannot be created: ${message}`, {
      cause,
    })
  }
}

function careful(name: string, own: Protocol): Protocol {
  const shape = Shape.safeParse(own)
  if (!shape.success) {
    const [issue] = shape.error.issues
    const where = ['', ...(issue?.path ?? [])].join('.')
    throw new SteerflowError('STEERFLOW_FLOW_INVALID', `the inference protocol ${name}${where}: ${issue?.message}`)
  }
  const { gives, maxBatch } = shape.data
  return {
    name,
    gives,
    maxBatch,
    request: generations => own.request(generations),
    classify: (reply, count, answers) => verdictOf(name, () => own.classify(reply, count, answers), { reply, count }),
  }
}

function verdictOf(
  name: string,
  classify: () => Verdict,
  { reply: { status }, count }: { readonly reply: HttpReply; readonly count: number },
): Verdict {
  const odd = (what: string): Verdict => ({ kind: 'elsewhere', reason: `status ${status}, and ${name} ${what}` })
  let given: Verdict
  try {
    given = classify()
  } catch (error) {
    return odd(`cannot read the reply: ${asSteerflowError(error).message}`)
  }
  const verdict = GivenVerdict.safeParse(given)
  if (!verdict.success) {
    const [issue] = verdict.error.issues
    return odd(`returns no valid verdict: ${[...(issue?.path ?? []), issue?.message].join(': ')}`)
  }
  if (verdict.data.kind !== 'ok' || verdict.data.answers.length === count) return verdict.data
  return odd(`returns ${verdict.data.answers.length} answers for ${count} prompts`)
}
