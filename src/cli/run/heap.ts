import { setFlagsFromString } from 'node:v8'

/**
 * Makes V8 collect once the heap has grown by 40 % of what was left after the last collection. By default it lets a small
 * heap become four times as large: a third of the memory of a busy worker was garbage. Measured with `npm run trial`: 0.62
 * to 0.49 GB, at the same speed.
 */
export const collectEarly = (): void => setFlagsFromString('--heap-growing-percent=40')
