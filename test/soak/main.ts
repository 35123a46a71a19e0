import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { scriptArguments, wrongArguments } from '../../scripts/script-arguments.js'
import { soak, type SoakOptions } from './soak.js'
import { verdict } from './verdict.js'

const help = `Usage: npm run soak -- [--minutes N] [--workers N] [--servers N] [--trees N] [--latency MS] [--seal S]
                       [--new-since-last N] [--heap] [--keep FOLDER] [--json]

Runs workers on a real Kafka with model servers that take time, feeds them trees for so many minutes, and judges: every
conversation once, memory, descriptors and threads flat, the disk bounded. With --json the last line of stdout is one
object.

Exit code: 0 when every bound is kept, 1 when one is broken, 2 for a wrong command line.
`
const { values } = scriptArguments(help, {
  options: {
    minutes: { type: 'string', default: '60' },
    workers: { type: 'string', default: '3' },
    servers: { type: 'string', default: '3' },
    trees: { type: 'string', default: '60' },
    latency: { type: 'string', default: '50' },
    seal: { type: 'string', default: '20' },
    'new-since-last': { type: 'string', default: '500' },
    heap: { type: 'boolean', default: false },
    keep: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const options: SoakOptions = {
  minutes: Number(values.minutes),
  workers: Number(values.workers),
  servers: Number(values.servers),
  treesAMinute: Number(values.trees),
  latencyMs: Number(values.latency),
  sealSeconds: Number(values.seal),
  newSinceLast: Number(values['new-since-last']),
  heap: values.heap,
  keep: values.keep ?? null,
}
const wrong = Object.entries(options).find(([, value]) => typeof value === 'number' && !(value > 0))
if (wrong) wrongArguments(`${wrong[0]} must be a number above 0`, help)
const seen = await soak(options, line => process.stderr.write(`${line}\n`))
const bounds = verdict(seen, options)
for (const incident of seen.incidents) process.stderr.write(`incident: ${incident}\n`)
const result = {
  trees: seen.trees,
  inputBytes: seen.inputBytes,
  account: seen.account,
  bounds,
  incidents: seen.incidents,
}
if (options.keep) await writeFile(join(options.keep, 'result.json'), JSON.stringify(result, null, 2))
const figure = (value: number): string => String(Math.round(value * 1000) / 1000)
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
else
  for (const { name, value, limit, met } of bounds)
    process.stdout.write(`${met ? 'met     ' : 'NOT MET '} ${name}: ${figure(value)} (at most ${figure(limit)})\n`)
if (!bounds.some(({ name }) => name.includes('gained')))
  process.stderr.write('too short for a trend of memory: nothing is said of it\n')
process.exit(bounds.every(({ met }) => met) ? 0 : 1)
