/** A figure at a moment. */
export interface Point {
  readonly minute: number
  readonly value: number
}

/** How a figure moved: its mean, and what it gained in an hour as a share of the mean, by the line of least squares. */
export interface Trend {
  readonly mean: number
  readonly perHour: number
}

/**
 * The lowest point of each window of some minutes: memory that a collection frees comes and goes, what it cannot free
 * stays in the lowest points.
 */
export function lows(points: readonly Point[], windowMinutes: number): readonly Point[] {
  const found = new Map<number, Point>()
  for (const point of points) {
    const window = Math.floor(point.minute / windowMinutes)
    const low = found.get(window)
    if (!low || point.value < low.value) found.set(window, point)
  }
  return [...found.values()]
}

/**
 * What the lowest point of the last third of the time is above that of the first, as a share of it: of what comes and goes
 * with the work, and is all given back now and then. Null where a third has no point, or lasts less than some minutes: too short for all to
 * have been given back once.
 */
export function floorGained(points: readonly Point[], leastMinutes: number): number | null {
  const times = points.map(({ minute }) => minute)
  const [from, to] = [Math.min(...times), Math.max(...times)]
  const third = (to - from) / 3
  if (!(third >= leastMinutes)) return null
  const least = (of: (minute: number) => boolean): number =>
    Math.min(...points.filter(({ minute }) => of(minute)).map(({ value }) => value))
  const [before, after] = [least(minute => minute < from + third), least(minute => minute > to - third)]
  return Number.isFinite(before) && Number.isFinite(after) && before > 0 ? after / before - 1 : null
}

/** The trend of points; null where there are fewer than three. */
export function trendOf(points: readonly Point[]): Trend | null {
  if (points.length < 3) return null
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x, y] = [mean(point => point.minute), mean(point => point.value)]
  const spread = points.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0)
  const along = points.reduce((sum, { minute, value }) => sum + (minute - x) * (value - y), 0)
  return { mean: y, perHour: y === 0 || spread === 0 ? 0 : ((along / spread) * 60) / y }
}
