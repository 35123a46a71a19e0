import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { fleetOf, system, text } from './drive.js'

/**
 * Makes many calls by a fleet, and prints its memory in bytes, after a garbage collection, at each of the counts given.
 * What it remembers on purpose is full long before the first.
 */
const [url, ...marks] = z.tuple([z.url()]).rest(z.coerce.number()).parse(process.argv.slice(2))
process.once('disconnect', () => process.exit(1))
const backlog = 256
const fleet = fleetOf([url], { inFlight: 16, batch: 1, cacheEntries: 5_000 })
const model = fleet.pinned('bench')
const { signal } = new AbortController()

let next = 0
for (const mark of marks) {
  const worker = async (): Promise<void> => {
    while (next < mark) await model.scoreTurn({ system, turns: [{ value: text(next++), from: 'User' }] }, signal)
  }
  await Promise.all(Array.from({ length: backlog }, worker))
  await sleep(200)
  global.gc!()
  const { rss, heapUsed } = process.memoryUsage()
  console.log(JSON.stringify({ rss, heap: heapUsed, calls: fleet.stats().calls }))
}
await fleet.close()
process.exit(0)
