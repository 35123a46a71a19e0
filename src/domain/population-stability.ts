/** The number of members of a population with each value. */
export type Histogram = Readonly<Record<string, number>>

const sizeOf = (histogram: Histogram): number => Object.values(histogram).reduce((sum, count) => sum + count, 0)

/**
 * The population stability index of two populations over the same values: the sum over all values of
 * (p - q) · ln(p / q), where p and q are the shares of a value in the two populations. It is Jeffreys' symmetric form of
 * the Kullback-Leibler divergence: 0 for equal shares, and the same in either order. In credit scoring, where the name
 * comes from (Siddiqi, Credit Risk Scorecards, 2006), below 0.1 counts as stable and above 0.25 as changed.
 *
 * A value that one population lacks would make the index infinite, so half a member is added to every value of both (the
 * prior of Krichevsky and Trofimov). Its weight shrinks as the population grows. With a fixed small share instead, a single
 * member with a new value would already look like a change.
 *
 * Null if either population is empty.
 */
export function populationStability(a: Histogram, b: Histogram): number | null {
  const [sizeA, sizeB] = [sizeOf(a), sizeOf(b)]
  if (sizeA === 0 || sizeB === 0) return null
  const values = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  const shareOf = (count: number | undefined, size: number): number =>
    ((count ?? 0) + 0.5) / (size + 0.5 * values.length)
  return values.reduce((sum, value) => {
    const [p, q] = [shareOf(a[value], sizeA), shareOf(b[value], sizeB)]
    return sum + (p - q) * Math.log(p / q)
  }, 0)
}
