/** A way to have a real server: why it cannot be had here, and how it is started. */
export interface Way<T> {
  readonly whyNot: () => Promise<string | null>
  readonly open: () => Promise<T>
}

/** Why none of the ways can be had, or null when one can. */
export async function whyNone(ways: readonly Way<unknown>[]): Promise<string | null> {
  const reasons: string[] = []
  for (const way of ways) {
    const reason = await way.whyNot()
    if (reason === null) return null
    reasons.push(reason)
  }
  return reasons.join('; ')
}

/** Opens the first way that works. Throws an Error with every reason when none does. */
export async function openFirst<T>(ways: readonly Way<T>[]): Promise<T> {
  const reasons: string[] = []
  for (const way of ways) {
    const reason = await way.whyNot()
    if (reason !== null) {
      reasons.push(reason)
      continue
    }
    try {
      return await way.open()
    } catch (error) {
      // An engine without the image, for one: the next way may still work.
      reasons.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw new Error(reasons.join('; '))
}
