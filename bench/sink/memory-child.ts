import { z } from 'zod'
import { openSnapshots } from '../../src/adapters/snapshot/snapshots.js'
import { openEmbeddedLog } from '../../src/adapters/log/embedded/log.js'
import { manifestsOf, sealAll } from './sealing.js'

/** Does one piece of work in a process of its own and prints the most memory that it held, in bytes. */
const [work, dir, dataset] = z
  .tuple([z.enum(['seal', 'snapshot']), z.string(), z.string()])
  .parse(process.argv.slice(2))
const log = await openEmbeddedLog({ dir: `${dir}/log` })
if (work === 'seal') await sealAll(log, dir, `seal-${dataset}`, dataset)
else await (await openSnapshots({ root: dir })).materialise(dataset, await manifestsOf(log, dataset))
await log.close()
console.log(JSON.stringify({ heap: 0, rss: process.resourceUsage().maxRSS * 1024 }))
process.exit(0)
