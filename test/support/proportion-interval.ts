/**
 * The exact interval of a proportion (Clopper and Pearson, 1934): it holds the true one at least as often as `confidence`
 * says, however few were tried.
 * @param hits of `tries`
 */
export async function proportionInterval(
  hits: number,
  tries: number,
  confidence = 0.95,
): Promise<{ readonly low: number; readonly high: number }> {
  const { compiled, incbi } = await import('cephes')
  await compiled
  const tail = (1 - confidence) / 2
  return {
    low: hits === 0 ? 0 : incbi(hits, tries - hits + 1, tail),
    high: hits === tries ? 1 : incbi(hits + 1, tries - hits, 1 - tail),
  }
}
