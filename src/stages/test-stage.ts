import { type z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import { type At, type EachStage, type Emission, type Ports, portsOf } from './stage.js'

/** Where a test's record stands, unless the test says otherwise. */
export const testPlace: At = {
  topic: 'test',
  partition: 0,
  offset: 0n,
  timestamp: 0,
  signal: new AbortController().signal,
}

/**
 * Runs an `each` stage on one record with no log: options are parsed, input and emissions are checked against their
 * schemas in the closed form.
 * @throws what the stage throws, or STEERFLOW_RECORD_INVALID when an emission does not fit its port.
 */
export async function testStage<I extends z.ZodObject, P extends Ports, O extends z.ZodObject, N>(
  stage: EachStage<I, P, O, N>,
  given: z.output<I>,
  context: { readonly needs: N; readonly options?: z.input<O>; readonly at?: Partial<At> },
): Promise<readonly Emission<P>[]> {
  const options = stage.options.parse(context.options ?? {})
  const step = stage.create({ options, needs: context.needs, to: portsOf(stage.ports) })
  const out = await step(stage.input.parse(given), { ...testPlace, ...context.at })
  const emissions = (Array.isArray(out) ? out : [out]) as readonly Emission<P>[]
  for (const emission of emissions) {
    const checked = stage.ports[emission.to]!.safeParse(emission.value)
    if (checked.success) continue
    const issue = checked.error.issues[0]!
    throw new SteerflowError(
      'STEERFLOW_RECORD_INVALID',
      `${stage.name} → ${emission.to}: ${issue.path.join('.')}: ${issue.message}`,
    )
  }
  return emissions
}
