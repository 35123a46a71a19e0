import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, figure } from '../figure.js'
import type { Settings } from '../settings.js'
import { sized } from '../sizes.js'
import { drive } from './drive.js'
import { type BenchServer, quiet, withServers } from './servers.js'
import { shareOf } from './share.js'
import { type Sample, Watch, whole } from './watch.js'

const slots = { kind: 'slots', slots: 8, ms: 50 }
const settle = sized(4000, 300)
/** From so long after the event on, the fleet has to be full again; it is measured for as long. */
const within = sized(5000, 300)
const measure = sized(3000, 500)
const rounds = sized(2, 1)

interface Survived {
  /** Share of three servers' capacity after one was killed, and of four servers' after it is back. */
  readonly three: number
  readonly four: number
  /** Seconds from the event to the first whole second in which 0.95 is reached. */
  readonly threeSeconds: number
  readonly fourSeconds: number
}

/** One of four servers is killed under load, and comes back on its port. */
export const killed = (settings: Settings): Promise<Figure[]> =>
  withServers([slots, slots, slots, slots], async servers => {
    const measured: Survived[] = []
    for (let round = 0; round < rounds; round++) {
      await quiet(servers)
      measured.push(await once(servers, settings.verbose))
    }
    const of = (key: keyof Survived): number[] => measured.map(one => one[key])
    const window = `from ${within / 1000} s after it, for ${measure / 1000} s, by their own counters`
    return [
      figure(
        'fleet.killed',
        0.95,
        `what three servers allow, one of four being killed: ${window}`,
        'ratio',
        of('three'),
      ),
      figure(
        'fleet.returned',
        0.95,
        `what four servers allow, the killed one listening again: ${window}`,
        'ratio',
        of('four'),
      ),
      figure(
        'fleet.killed.after',
        null,
        'the kill; until a second with 0.95 of three servers; 8 if there is none',
        's',
        of('threeSeconds'),
      ),
      figure(
        'fleet.returned.after',
        null,
        'its return; until a second with 0.95 of four servers; 8 if there is none',
        's',
        of('fourSeconds'),
      ),
    ]
  })

async function once(servers: readonly BenchServer[], verbose: boolean): Promise<Survived> {
  const driven = drive(
    servers.map(server => server.url),
    400,
  )
  const watch = new Watch(servers, driven.fleet, verbose)
  try {
    await sleep(settle)
    await servers[3]!.kill()
    watch.event('killed')
    const three = await after(watch, servers.slice(0, 3))
    await servers[3]!.again()
    watch.event('back')
    const four = await after(watch, servers)
    return { three: three.share, threeSeconds: three.seconds, four: four.share, fourSeconds: four.seconds }
  } finally {
    watch.stop()
    await driven.stop()
  }
}

/** What the servers do after something happened now. */
async function after(watch: Watch, servers: readonly BenchServer[]): Promise<{ share: number; seconds: number }> {
  const happened = performance.now()
  const used = (from: Sample, to: Sample): number =>
    shareOf(
      servers,
      ...([from, to].map(sample => whole(part(sample, servers))) as [
        ReturnType<typeof whole>,
        ReturnType<typeof whole>,
      ]),
    ).share
  const isWhole = (sample: Sample): boolean => part(sample, servers).looks.every(Boolean)
  /** Looks until every server tells its counters: on a busy machine one may take long to answer, or to be back. */
  const look = async (): Promise<Sample> => {
    for (let left = 100; ; left--) {
      const sample = await watch.sample()
      if (isWhole(sample) || left === 0) return sample
      await sleep(200)
    }
  }
  await sleep(within)
  const from = await look()
  await sleep(measure)
  const to = await look()
  const samples = watch.samples.filter(sample => sample.at >= happened && isWhole(sample))
  const full = samples.find(sample => {
    const later = samples.find(({ at }) => at >= sample.at + 1000)
    return later !== undefined && used(sample, later) >= 0.95
  })
  return { share: used(from, to), seconds: full ? (full.at - happened + 1000) / 1000 : (within + measure) / 1000 }
}

const part = (sample: Sample, servers: readonly BenchServer[]): Sample => ({
  ...sample,
  looks: sample.looks.slice(0, servers.length),
})
