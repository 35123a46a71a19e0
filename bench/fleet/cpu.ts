import { type Figure, figure } from '../figure.js'
import { sized } from '../sizes.js'
import { withEcho } from './child.js'

const calls = sized(12_000, 200)
const rounds = sized(3, 1)

/** Processor time of a call, by a fleet and by a bare undici loop, each in a process of its own, in turn. */
export const cpu = (): Promise<Figure[]> =>
  withEcho(async (url, begin) => {
    const measured: Record<'fleet' | 'bare', number[]> = { fleet: [], bare: [] }
    for (let round = 0; round < rounds; round++) {
      for (const kind of ['bare', 'fleet'] as const) {
        const child = begin('./cpu-child.ts', [kind, url, String(calls)])
        measured[kind].push(Number(await child.line()))
        await child.stop()
      }
    }
    const beyond = measured.fleet.map((value, index) => value - measured.bare[index]!)
    const reference = 'a bare undici loop with the same requests, 16 in flight; processor time of the client'
    return [
      figure('fleet.cpu.beyond-bare', null, reference, 'µs/call', beyond),
      figure('fleet.cpu.fleet', null, 'absolute', 'µs/call', measured.fleet),
      figure('fleet.cpu.bare', null, 'absolute', 'µs/call', measured.bare),
    ]
  })
