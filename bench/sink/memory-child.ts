import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { openSnapshots } from '../../src/adapters/snapshot/snapshots.js'
import { openEmbeddedLog } from '../../src/adapters/log/embedded/log.js'
import { manifestsOf, sealAll } from './sealing.js'

/**
 * Memory of this process's own, in bytes. The log is mapped into memory, and the pages of it that were read stay there
 * until the kernel wants them for something else: they are its cache, and grow with the log, whatever reads it.
 */
function own(): number {
  const found = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return found ? Number(found[1]) * 1024 : process.memoryUsage.rss()
}

/** Does one piece of work in a process of its own and prints the most memory that it held, in bytes. */
const [work, dir, dataset] = z
  .tuple([z.enum(['seal', 'snapshot']), z.string(), z.string()])
  .parse(process.argv.slice(2))
let most = own()
const looking = setInterval(() => (most = Math.max(most, own())), 20)
const log = await openEmbeddedLog({ dir: `${dir}/log` })
if (work === 'seal') await sealAll(log, dir, `seal-${dataset}`, dataset)
else await (await openSnapshots({ root: dir })).materialise(dataset, await manifestsOf(log, dataset))
most = Math.max(most, own())
clearInterval(looking)
await log.close()
console.log(JSON.stringify({ bytes: most, withPages: process.resourceUsage().maxRSS * 1024 }))
process.exit(0)
