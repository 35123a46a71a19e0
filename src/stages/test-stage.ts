import type { z } from 'zod'
import { Conversation } from '../domain/conversation.js'
import { conversationId } from '../domain/conversation-id.js'
import { SteerflowError } from '../domain/errors.js'
import type { Capabilities } from './needs.js'
import { type At, type EachStage, type Emission, type Ports, portsOf } from './stage.js'

/** The position of a test's record, unless the test gives another. */
export const testPlace: At = {
  topic: 'test',
  partition: 0,
  offset: 0n,
  timestamp: 0,
  signal: new AbortController().signal,
}

/**
 * Runs an `each` stage on one record without a log. Options are parsed; input and emissions are checked against the closed
 * form of their schemas.
 * @throws the errors of the stage, or STEERFLOW_RECORD_INVALID when an emission does not fit its port.
 */
export async function testStage<
  I extends z.ZodObject,
  P extends Ports,
  O extends z.ZodObject,
  Need extends keyof Capabilities,
>(
  stage: EachStage<I, P, O, Need>,
  given: z.output<I>,
  context: { readonly needs: Pick<Capabilities, Need>; readonly options?: z.input<O>; readonly at?: Partial<At> },
): Promise<readonly Emission<P>[]> {
  const options = stage.options.parse(context.options ?? {})
  const step = stage.create({ options, needs: context.needs, to: portsOf(stage.ports) })
  const out = await step(stage.input.parse(given), { ...testPlace, ...context.at })
  const emissions = (Array.isArray(out) ? out : [out]) as readonly Emission<P>[]
  for (const emission of emissions) {
    const refuse = (what: string): never => {
      throw new SteerflowError('STEERFLOW_RECORD_INVALID', `${stage.name} → ${emission.to}: ${what}`)
    }
    const checked = stage.ports[emission.to]!.safeParse(emission.value)
    const issue = checked.error?.issues[0]
    if (issue) refuse(`${issue.path.join('.')}: ${issue.message}`)
    if (isOldName(emission.value, given)) refuse('its content changed but its id did not: make it with changed()')
  }
  return emissions
}

/** Whether a conversation's content has changed but not its id. */
function isOldName(value: unknown, given: unknown): boolean {
  const [after, before] = [Conversation.safeParse(value).data, Conversation.safeParse(given).data]
  return (
    after !== undefined &&
    before !== undefined &&
    after.steerflow.id === before.steerflow.id &&
    conversationId(after) !== conversationId(before)
  )
}
