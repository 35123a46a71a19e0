import type { Log } from './log.js'
import type { TopicSpec } from './topic-spec.js'

/**
 * A read-only view of a log: nothing is created in it, and a declared topic that does not exist yet, such as one of a later
 * version of the program, is empty.
 */
export function onlooker(log: Log, declared: readonly TopicSpec[]): Log {
  const names = new Set(declared.map(({ name }) => name))
  const there = new Set<string>()
  /** Whether a topic can be queried; existing topics are remembered. */
  const isThere = async (topic: string): Promise<boolean> => {
    if (!names.has(topic) || there.has(topic)) return true
    for (const { name } of await log.topics()) there.add(name)
    return there.has(topic)
  }
  return new Proxy(log, {
    get: (target, name): unknown => {
      if (name === 'ensure') return () => Promise.resolve()
      if (name === 'state') return async (topic: string) => ((await isThere(topic)) ? target.state(topic) : [])
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
