import { z } from 'zod'
import { SteerflowError } from './errors.js'

/** How much one source record may become. A small tree can hold very many long paths. */
export const FanoutBounds = z.strictObject({
  paths: z.int().positive().default(10_000).describe('most conversations that one record may become'),
  turns: z.int().positive().default(10_000).describe('most turns of one conversation'),
  bytes: z
    .int()
    .positive()
    .default(64 * 2 ** 20)
    .describe('most bytes of text of all conversations of one record together'),
})
export type FanoutBounds = z.output<typeof FanoutBounds>

export const defaultFanout: FanoutBounds = FanoutBounds.parse({})

/** @throws STEERFLOW_FANOUT when `value` is above the bound. */
export function checkFanout(bounds: FanoutBounds, bound: keyof FanoutBounds, value: number): void {
  if (value > bounds[bound])
    throw new SteerflowError('STEERFLOW_FANOUT', `more than ${bounds[bound]} ${bound} would come of one record`)
}
