import { z } from 'zod'
import { type Figure, figure } from '../figure.js'
import type { Settings } from '../settings.js'
import { sized } from '../sizes.js'
import { withEcho } from './child.js'

const Memory = z.object({ rss: z.number(), heap: z.number(), calls: z.number() })

/**
 * Whether memory stays as it is: that of a process after so many calls to that after five times as many. 200,000 calls, or
 * with `--long` a million; one request a turn, to the cheapest server, in processes of their own. The heap is gated. The
 * resident set is reported: it holds pages that the engine keeps for later, and goes up and down by a quarter.
 */
export const memory = ({ long, verbose }: Settings): Promise<Figure[]> =>
  withEcho(async (url, begin) => {
    const fewest = long ? 200_000 : sized(40_000, 100)
    const marks = [1, 2, 3, 4, 5].map(times => times * fewest)
    const child = begin('./memory-child.ts', [url, ...marks.map(String)])
    const seen: z.output<typeof Memory>[] = []
    try {
      for (const mark of marks) {
        const now = Memory.parse(JSON.parse(await child.line()))
        if (now.calls < mark) throw new Error(`${now.calls} calls for ${mark} turns`)
        seen.push(now)
        if (verbose)
          process.stderr.write(`    ${mark} calls: ${megabytes(now.rss)} MB, heap ${megabytes(now.heap)} MB\n`)
      }
    } finally {
      await child.stop()
    }
    const [first, last] = [seen[0]!, seen.at(-1)!]
    const reference = `after ${marks.at(-1)} calls, for after ${marks[0]}; a garbage collection before each`
    return [
      figure('fleet.memory.heap', 0.9, reference, 'ratio', [first.heap / last.heap]),
      figure('fleet.memory.rss', null, reference, 'ratio', [first.rss / last.rss]),
      figure('fleet.memory.rss-at-end', null, 'absolute', 'MB', [Number(megabytes(last.rss))]),
    ]
  })

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)
