import type { Part } from '../parts.js'
import { latestStep } from '../steps.js'
import { standing } from './present.js'

/**
 * The part, held to `ms` milliseconds: a client that waits for ever says nothing by itself.
 * @throws an Error that says what it did last and how its servers stand when it takes longer.
 */
export const limited =
  (name: string, part: Part, ms: number): Part =>
  async settings => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const at = latestStep()
        void standing().then(how => reject(new Error(`part ${name} took more than ${ms / 1000} s, at ${at}: ${how}`)))
      }, ms)
    })
    try {
      return await Promise.race([part(settings), late])
    } finally {
      clearTimeout(timer)
    }
  }
