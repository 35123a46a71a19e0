import type { SoakOptions, Seen } from './soak.js'
import type { WorkerSample } from './sample.js'
import { floorGained, lows, type Point, trendOf } from './trend.js'

/** One bound of a soak, as in the chaos scenarios. */
export interface Bound {
  readonly name: string
  readonly limit: number
  readonly value: number
  readonly met: boolean
}

/** Minutes whose lowest point counts. */
const windowMinutes = 2
/** Bytes of snapshots and jobs to those of live shards: what `keep` rules leave, with room for one being made. */
const diskRatio = 12

const atMost = (name: string, value: number, limit: number): Bound => ({ name, limit, value, met: value <= limit })

/** Minutes before which memory and descriptors are not judged: an hour's first quarter fills caches and windows. */
export const warmMinutes = ({ minutes }: Pick<SoakOptions, 'minutes'>): number => Math.min(15, minutes / 4)

/**
 * Judges what was seen: nothing lost, nothing doubled, memory and descriptors flat, the disk bounded. A run that is too
 * short for a trend has no bounds of trends.
 */
export function verdict(seen: Seen, options: SoakOptions): readonly Bound[] {
  const { samples, trees, account, incidents } = seen
  const warm = warmMinutes(options)
  const names = [...new Set(samples.flatMap(({ workers }) => Object.keys(workers)))]
  const points = (name: string, of: (sample: WorkerSample) => number | null): Point[] =>
    samples.flatMap(({ minute, workers }) => {
      const worker = workers[name]
      const value = minute >= warm && worker ? of(worker) : null
      return value === null ? [] : [{ minute, value }]
    })
  const drift = (name: string, what: string, of: (sample: WorkerSample) => number | null): readonly Bound[] => {
    const trend = trendOf(lows(points(name, of), windowMinutes))
    return trend ? [atMost(`${name}: ${what}, gained in an hour`, trend.perHour, 0.05)] : []
  }
  // Connections come and go with requests by the dozen: what stays is what is there when the fewest are.
  const floor = (name: string, what: string, of: (sample: WorkerSample) => number): readonly Bound[] => {
    const gained = floorGained(points(name, of), windowMinutes)
    return gained === null || samples.at(-1)!.minute < 2 * warm
      ? []
      : [atMost(`${name}: fewest ${what}, gained`, gained, 0.05)]
  }
  const shards = (disk: Readonly<Record<string, number>>): number => disk.shards ?? 0
  const made = (disk: Readonly<Record<string, number>>): number => (disk.datasets ?? 0) + (disk.jobs ?? 0)
  const disks = samples.flatMap(({ minute, disk }) => (disk && minute >= warm && shards(disk) > 0 ? [disk] : []))
  return [
    atMost('trees that are not in the log', Math.abs(trees - account.raw), 0),
    atMost('conversations missing', account.missing, 0),
    atMost('conversations doubled', account.doubled, 0),
    atMost('dead letters', account.deadLetters, 0),
    atMost('scored conversations that no shard holds', account.unsealed, 0),
    atMost('incidents', incidents.length, 0),
    ...names.flatMap(name => [
      ...drift(name, 'memory of JavaScript', ({ held }) => held),
      ...drift(name, 'memory of its own', ({ anonymous }) => anonymous),
      ...drift(name, 'open files', ({ descriptors, sockets }) => descriptors - sockets),
      ...drift(name, 'threads', ({ threads }) => threads),
      ...floor(name, 'sockets', ({ sockets }) => sockets),
    ]),
    atMost(
      'snapshots and jobs to shards, at most',
      Math.max(0, ...disks.map(disk => made(disk) / shards(disk))),
      diskRatio,
    ),
  ]
}
