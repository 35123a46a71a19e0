import { asSteerflowError, explain } from '../../domain/errors.js'

/** `warn`: it works, and may stop working. `fail`: it does not work, or loses something. */
export interface Finding {
  readonly state: 'ok' | 'warn' | 'fail'
  readonly detail: string
  /** What to do; null where nothing is. */
  readonly todo: string | null
}

/** One thing that is looked at. What `look` throws is a failure. */
export interface Check {
  readonly name: string
  look(): Finding | Promise<Finding>
}

/** A check that was made. */
export interface Checked extends Finding {
  readonly check: string
}

export const ok = (detail: string): Finding => ({ state: 'ok', detail, todo: null })
export const warn = (detail: string, todo: string): Finding => ({ state: 'warn', detail, todo })
export const fail = (detail: string, todo: string): Finding => ({ state: 'fail', detail, todo })

/** Makes the checks, one after the other. */
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

/** The worst of several findings, with all that is not in order; `fine` when everything is. */
export function together(findings: readonly Finding[], fine: string): Finding {
  const bad = findings.filter(({ state }) => state !== 'ok')
  if (bad.length === 0) return ok(fine)
  const state = bad.some(({ state }) => state === 'fail') ? 'fail' : 'warn'
  const todos = [...new Set(bad.flatMap(({ todo }) => (todo === null ? [] : [todo])))]
  return { state, detail: bad.map(({ detail }) => detail).join('; '), todo: todos.join(' ') }
}
