import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, figure } from '../figure.js'
import type { Settings } from '../settings.js'
import { drive } from './drive.js'
import { type BenchServer, quiet, withServers } from './servers.js'
import { type Share, shareOf } from './share.js'
import { Watch, whole } from './watch.js'

/** A fleet that is kept busy, and what of its servers it is to use. */
export interface Setup {
  readonly name: string
  readonly modes: readonly object[]
  readonly goal: number | null
  /** What the servers are, in words. */
  readonly servers: string
  /** Turns that wait or are under way: more than any setting can use. */
  readonly backlog: number
  /** Seconds until the fleet has to have found its settings, and seconds that are then measured. */
  readonly ramp: number
  readonly window: number
  readonly rounds: number
}

interface Measured {
  readonly steady: Share
  readonly all: Share
}

/**
 * A fleet with default settings that knows nothing, against the sum of its servers' capacities by their own counters.
 * The gated figure is of a steady window behind the ramp; the whole run, ramp included, is reported beside it.
 */
export const steadyShare = (setup: Setup, settings: Settings): Promise<Figure[]> =>
  withServers(setup.modes, async servers => {
    const measured: Measured[] = []
    for (let round = 0; round < setup.rounds; round++) {
      await quiet(servers)
      measured.push(await once(setup, servers, settings.verbose))
    }
    const { name, goal, ramp, window, rounds } = setup
    const reference = `what they allow by their own counters: ${setup.servers}`
    const seconds = `${window} s after a ramp of ${ramp} s`
    const steady = measured.map(one => one.steady)
    if (settings.verbose) process.stderr.write(`    ${name}: ${rounds} rounds done\n`)
    return [
      figure(
        `fleet.${name}`,
        goal,
        `${reference}; ${seconds}`,
        'ratio',
        steady.map(one => one.share),
      ),
      figure(
        `fleet.${name}.with-ramp`,
        null,
        `${reference}; the whole run`,
        'ratio',
        measured.map(one => one.all.share),
      ),
      figure(
        `fleet.${name}.rate`,
        null,
        'absolute',
        'turns/s',
        steady.map(one => one.perSecond),
      ),
    ]
  })

/**
 * A look at the servers. One server alone is looked at just when it has answered: of large batches a window would
 * otherwise hold one more or less by chance.
 */
async function edge(watch: Watch, servers: number): Promise<ReturnType<typeof whole>> {
  const first = whole(await watch.sample())
  if (servers > 1) return first
  for (;;) {
    const look = whole(await watch.sample())
    if (look[0]!.sentences !== first[0]!.sentences) return look
    await sleep(2)
  }
}

async function once(setup: Setup, servers: readonly BenchServer[], verbose: boolean): Promise<Measured> {
  const driven = drive(
    servers.map(server => server.url),
    setup.backlog,
  )
  const watch = new Watch(servers, driven.fleet, verbose)
  try {
    const begin = whole(await watch.sample())
    await sleep(setup.ramp * 1000)
    const from = await edge(watch, servers.length)
    watch.event('the window begins')
    await sleep(setup.window * 1000)
    const to = await edge(watch, servers.length)
    const measured = { steady: shareOf(servers, from, to), all: shareOf(servers, begin, to) }
    if (verbose) {
      const batches = to.map((look, i) =>
        ((look.sentences - from[i]!.sentences) / (look.requests - from[i]!.requests)).toFixed(1),
      )
      const { share, perSecond, possible } = measured.steady
      process.stderr.write(
        `    steady ${share.toFixed(3)} (${perSecond.toFixed(1)} of ${possible.toFixed(1)}/s, prompts a request ${batches.join(', ')}; best ${servers.map(one => one.best.at).join(', ')}), whole ${measured.all.share.toFixed(3)}\n`,
      )
    }
    return measured
  } finally {
    watch.stop()
    await driven.stop()
  }
}
