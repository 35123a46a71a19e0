/** The keys of a label line in order, each with its value as one token. */
export type LabelValues = ReadonlyMap<string, string>

/**
 * What is missing of a label line of which `given` is there, token by token, the line end included: a key, a colon, a
 * value and a comma are a token each. The line goes on behind the last key that was given, whatever its value; behind a
 * key that is not among the values it ends. Null when it has ended already.
 */
export function missingOfLabel(given: string, values: LabelValues): readonly string[] | null {
  if (given.includes('\n')) return null
  const entries = [...values]
  /** What follows a key; nothing where the key is unknown. */
  const follow = (key: string) => entries.slice(entries.findIndex(([one]) => one === key) + 1 || Infinity)
  const behind = (key: string) => [...follow(key).flatMap(([next, value]) => [',', next, ':', value]), '\n']

  const items = given.split(',')
  const begun = items.at(-1)!
  const [key = '', part] = begun.split(':', 2)
  if (part !== undefined) {
    const value = values.get(key)
    if (part !== '') return behind(key)
    return value === undefined ? ['\n'] : [value, ...behind(key)]
  }
  const before = items.at(-2)?.split(':', 1)[0]
  const next = (before === undefined ? entries : follow(before)).find(([one]) => one.startsWith(begun))
  if (next === undefined) return ['\n']
  const restOfKey = next[0].slice(begun.length)
  return [...(restOfKey === '' ? [] : [restOfKey]), ':', next[1], ...behind(next[0])]
}
