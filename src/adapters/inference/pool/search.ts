/** Answers a millisecond by setting, as far as they were measured. */
export type Curve = ReadonlyMap<number, number>

/**
 * The smallest setting that gives as much as any: what lies beyond it only waits in the server. Rates that differ by less
 * than `tolerance`, a share, are taken to be equal, and 1 is left only for what gives more than `worth` in addition.
 */
export function knee(curve: Curve, { tolerance, worth }: Taste): number {
  const most = Math.max(...curve.values())
  const good = [...curve].filter(([, rate]) => rate >= most * (1 - tolerance))
  const one = curve.get(1) ?? 0
  return one > 0 && most <= one * (1 + worth) ? 1 : Math.min(...good.map(([setting]) => setting))
}

/** What is worth a larger setting; shares of a rate, and of a setting. */
export interface Taste {
  readonly tolerance: number
  readonly worth: number
  /** How exactly the knee is wanted. */
  readonly grain: number
}

export interface Search extends Taste {
  /** The largest setting. */
  readonly most: number
  /** By how much to climb at a time. */
  readonly stride: number
}

/**
 * Which setting to measure next, null when the knee is found. It climbs by `stride` while that pays, then closes in on
 * the knee from both sides. Nothing is assumed of the server but that its rate has one rise: a server with places is flat
 * behind its knee, one that works on batches rises ever more slowly, one that runs out of memory falls.
 */
export function nextToMeasure(curve: Curve, search: Search): number | null {
  const { most, stride, tolerance } = search
  const best = knee(curve, search)
  const grain = Math.max(1, best * search.grain)
  const settings = [...curve.keys()].sort((a, b) => a - b)
  const above = settings.find(setting => setting > best)
  const below = settings.findLast(setting => setting < best)
  if (above === undefined && best < most) return Math.min(most, Math.max(best + 1, Math.round(best * stride)))
  if (above !== undefined && curve.get(above)! < curve.get(best)! * (1 - tolerance) && above - best > grain) {
    return Math.round((best + above) / 2)
  }
  if (best === 1) return null
  if (below === undefined) return Math.min(best - 1, Math.round(best / stride))
  return best - below > grain ? Math.floor((best + below) / 2) : null
}
