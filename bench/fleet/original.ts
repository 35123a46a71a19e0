import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Figure, figure } from '../figure.js'
import type { Settings } from '../settings.js'
import { sized } from '../sizes.js'
import { annotate, labelsOf } from './annotated.js'
import { system, text } from './drive.js'
import { originalLabel } from './original-way.js'
import { withServers } from './servers.js'
import { writeConversations } from './texts.js'

const slots = { kind: 'slots', slots: 8, ms: 20 }
const rounds = sized(2, 1)
/** Records of a round: the original's way takes 0.27 s for each. */
const counts = { original: sized(8, 2), one: sized(1200, 20), four: sized(4800, 40) }

/**
 * Records a second of the annotate command with default settings, from its start to its end, against the original's way
 * in the same rounds, on servers that take 20 ms for a call of whatever length, 8 at a time. What a whole line costs a real
 * server in place of a token is not in it. Records have one turn, and the labels of both ways are compared.
 */
export const original = (settings: Settings): Promise<Figure[]> =>
  withServers([slots, slots, slots, slots], async servers => {
    const folder = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
    const urls = servers.map(server => server.url)
    try {
      const rates: Record<keyof typeof counts, number[]> = { original: [], one: [], four: [] }
      for (const side of ['one', 'four'] as const) await writeConversations(join(folder, side), counts[side])
      for (let round = 0; round <= rounds; round++) {
        const { seconds, labels } = await originalWay(urls[0]!, round)
        const output = join(folder, `out-${round}`)
        const one = await annotate(join(folder, 'one'), `${output}-one`, urls.slice(0, 1))
        const four = await annotate(join(folder, 'four'), `${output}-four`, urls)
        compare(labels, await labelsOf(`${output}-one`), round)
        if (round === 0) continue
        rates.original.push(counts.original / seconds)
        rates.one.push(counts.one / one)
        rates.four.push(counts.four / four)
        if (settings.verbose) {
          const last = Object.entries(rates).map(([side, values]) => `${side} ${values.at(-1)!.toFixed(1)}/s`)
          process.stderr.write(`    ${last.join(', ')}\n`)
        }
      }
      const against = (side: 'one' | 'four'): number[] => rates[side].map((rate, i) => rate / rates.original[i]!)
      const reference =
        "the original's way on one server: 13 calls a turn, one in flight; 20 ms a call, 8 at a time at each"
      return [
        figure('fleet.original.one', 13, `${reference}; ours on 1 server`, 'ratio', against('one')),
        figure('fleet.original.four', 100, `${reference}; ours on 4 servers`, 'ratio', against('four')),
        ...Object.entries(rates).map(([side, values]) =>
          figure(`fleet.original.${side}.rate`, null, 'absolute', 'records/s', values),
        ),
      ]
    } finally {
      await rm(folder, { recursive: true })
    }
  })

async function originalWay(url: string, round: number): Promise<{ seconds: number; labels: Map<string, string> }> {
  const started = performance.now()
  const labels = new Map<string, string>()
  for (let i = 0; i < counts.original; i++) {
    const value = text(round * counts.original + i)
    labels.set(value, await originalLabel(url, { system, turns: [{ value, from: 'User' }] }))
  }
  return { seconds: (performance.now() - started) / 1000, labels }
}

/** Two ways that do not give the same are not to be compared for speed. */
function compare(labels: ReadonlyMap<string, string>, ours: Awaited<ReturnType<typeof labelsOf>>, round: number): void {
  const same = ours.filter(one => labels.get(one.text) === one.labels[0]).length
  if (same !== labels.size) throw new Error(`round ${round}: ${same} of ${labels.size} labels equal the original's`)
}
