import { SteerflowError } from './errors.js'

/** Limits on what one source record may become. A small tree can hold very many long paths. */
export interface FanoutBounds {
  /** Maximum conversations of one record. */
  readonly paths: number
  /** Maximum turns of one conversation. */
  readonly turns: number
  /** Maximum bytes of text in all conversations of one record together. */
  readonly bytes: number
}

export const defaultFanout: FanoutBounds = { paths: 10_000, turns: 10_000, bytes: 64 * 2 ** 20 }

/** @throws STEERFLOW_FANOUT when `value` is above the bound. */
export function checkFanout(bounds: FanoutBounds, bound: keyof FanoutBounds, value: number): void {
  if (value > bounds[bound])
    throw new SteerflowError('STEERFLOW_FANOUT', `one record would become more than ${bounds[bound]} ${bound}`)
}
