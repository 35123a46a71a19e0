import type { Flow } from '../flow.js'

/** Caches a value per flow, computed at the first call. */
export function perFlow<T>(make: (flow: Flow) => T): (flow: Flow) => T {
  const known = new WeakMap<Flow, { readonly made: T }>()
  return flow => {
    const entry = known.get(flow) ?? { made: make(flow) }
    known.set(flow, entry)
    return entry.made
  }
}
