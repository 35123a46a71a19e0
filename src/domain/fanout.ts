import { SteerflowError } from './errors.js'

/** How much one source record may become. A small tree can hold very many long paths. */
export interface FanoutBounds {
  /** Most conversations that one record may become. */
  readonly paths: number
  /** Most turns of one conversation. */
  readonly turns: number
  /** Most bytes of text of all conversations of one record together. */
  readonly bytes: number
}

export const defaultFanout: FanoutBounds = { paths: 10_000, turns: 10_000, bytes: 64 * 2 ** 20 }

/** @throws STEERFLOW_FANOUT when `value` is above the bound. */
export function checkFanout(bounds: FanoutBounds, bound: keyof FanoutBounds, value: number): void {
  if (value > bounds[bound])
    throw new SteerflowError('STEERFLOW_FANOUT', `more than ${bounds[bound]} ${bound} would come of one record`)
}
