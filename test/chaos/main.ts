import { parseArgs } from 'node:util'
import { runScenario } from './run.js'
import { type Scenario } from './scenario.js'
import { table } from './table.js'

/**
 * `npm run chaos -- SCENARIO [--records N] [--seed S] [--times N] [--joins N] [--minutes M] [--clean] [--json]`: runs
 * workers on brokers of its own, does them harm, and counts what came out. With --json the last line of stdout is one
 * object. Exit 1 when anything is missing, doubled or out of order, a hand was needed, or a bound was broken.
 */
const known = [
  'kill',
  'rolling',
  'storm',
  'broker-restart',
  'broker-freeze',
  'zombie',
  'outage',
  'poison',
  'cluster',
] as const

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    times: { type: 'string' },
    joins: { type: 'string' },
    minutes: { type: 'string', default: '3' },
    clean: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const name = known.find(one => one === positionals[0])
if (!name || positionals.length > 1) {
  process.stderr.write(`usage: npm run chaos -- SCENARIO, one of: ${known.join(', ')}\n`)
  process.exit(2)
}
const { scenario } = (await import(`./scenarios/${name}.js`)) as { readonly scenario: Scenario }
const choices = {
  records: Number(values.records),
  seed: Number(values.seed),
  times: Number(values.times ?? values.joins ?? scenario.times),
  minutes: Number(values.minutes),
  clean: values.clean,
}
const result = await runScenario(name, scenario, choices, line => process.stderr.write(`${line}\n`))
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
else process.stdout.write(table(result))
process.exit(result.passed ? 0 : 1)
