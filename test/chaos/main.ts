import { scriptArguments, wrongArguments } from '../../scripts/script-arguments.js'
import { runScenario } from './run.js'
import type { Scenario } from './scenario.js'
import { table } from './table.js'

/** Each scenario, a file of its name, and the harm that it does. */
const known = {
  kill: 'workers are killed, in turn between records and commit, and on a full window',
  rolling: 'workers end one after the other, as in an upgrade',
  storm: 'many workers come and go, every third by a kill',
  'broker-restart': 'the only broker is killed and started again',
  'broker-freeze': 'the only broker stands still for 30 s',
  zombie: 'a worker stands still past its session, and wakes',
  outage: 'all inference servers hang',
  poison: 'one record fails at every server',
  cluster: 'of 3 brokers one is lost, and much later comes back',
  'node-fault': 'the folder of one node cannot be written to, on every worker',
  'bad-answers': 'most answers of the servers are malformed',
  'topic-deleted': 'the topic that is read is deleted, and made anew',
  'foreign-store': 'a worker with another data folder comes',
  'disk-full': 'the disk of one worker is full for a while',
} as const

const help = `Usage: npm run chaos -- SCENARIO [options]

Runs workers on brokers of its own, does them harm, and counts what came out; see test/chaos/README.md.

${Object.entries(known)
  .map(([name, harm]) => `  ${name.padEnd(15)} ${harm}`)
  .join('\n')}

Options:
  --records N   records of the input (20000)
  --seed S      seed of the input and of the harm (1)
  --times N     how often harm is done, or how many workers join (as the scenario has it); also --joins
  --minutes M   how long an outage lasts (3)
  --clean       no kills, where a scenario has kills that it can do without
  --quick       faults last for seconds
  --json        print one object with what was found as the last line
  --help        print this

Exit code: 0 when every record came out once and in order, no hand was needed and every bound was kept, 1 when not, 2 for a
wrong command line.
`
const { values, positionals } = scriptArguments(help, {
  allowPositionals: true,
  options: {
    records: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    times: { type: 'string' },
    joins: { type: 'string' },
    minutes: { type: 'string', default: '3' },
    clean: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const [name = ''] = positionals
if (!Object.hasOwn(known, name) || positionals.length > 1)
  wrongArguments(`name one scenario, not ${name || 'none'}`, help)
const { scenario } = (await import(`./scenarios/${name}.js`)) as { readonly scenario: Scenario }
const choices = {
  records: Number(values.records),
  seed: Number(values.seed),
  times: Number(values.times ?? values.joins ?? scenario.times),
  minutes: Number(values.minutes),
  clean: values.clean,
  quick: values.quick,
}
const result = await runScenario(name, scenario, choices, line => process.stderr.write(`${line}\n`))
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
else process.stdout.write(table(result))
process.exit(result.passed ? 0 : 1)
