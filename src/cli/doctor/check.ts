import { asSteerflowError, explain } from '../../domain/errors.js'

/** `warn`: works now, but may stop working. `fail`: does not work, or loses data. */
export interface Finding {
  readonly state: 'ok' | 'warn' | 'fail'
  readonly detail: string
  /** Next step; null if there is none. */
  readonly todo: string | null
}

/** A single check. An exception of `look` counts as a failure. */
export interface Check {
  readonly name: string
  look(): Finding | Promise<Finding>
}

/** Result of a check. */
export interface Checked extends Finding {
  readonly check: string
}

export const ok = (detail: string): Finding => ({ state: 'ok', detail, todo: null })
export const warn = (detail: string, todo: string): Finding => ({ state: 'warn', detail, todo })
export const fail = (detail: string, todo: string): Finding => ({ state: 'fail', detail, todo })

/** Runs the checks one after another. */
export async function examine(checks: readonly Check[]): Promise<readonly Checked[]> {
  const made: Checked[] = []
  for (const one of checks) {
    const check = one.name
    try {
      made.push({ check, ...(await one.look()) })
    } catch (thrown) {
      const error = asSteerflowError(thrown)
      made.push({ check, ...fail(`${error.code}: ${explain(error)}`, error.next) })
    }
  }
  return made
}

/** Combines findings: the worst state, with the details of every problem; `fine` if there is none. */
export function together(findings: readonly Finding[], fine: string): Finding {
  const bad = findings.filter(({ state }) => state !== 'ok')
  if (bad.length === 0) return ok(fine)
  const state = bad.some(({ state }) => state === 'fail') ? 'fail' : 'warn'
  const todos = [...new Set(bad.flatMap(({ todo }) => (todo === null ? [] : [todo])))]
  return { state, detail: bad.map(({ detail }) => detail).join('; '), todo: todos.join(' ') }
}
