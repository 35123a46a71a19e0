import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { type Figure } from './figure.js'
import { readSettings, type Settings } from './settings.js'

/**
 * `npm run bench -- NAME… [--json] [--only PART,…] [--verbose] [--long]`: measures and prints; with --json the last line
 * of stdout is one object. Parts, a trace and longer runs are the fleet's.
 */
const known = ['preprocess', 'clean', 'annotate', 'log', 'kafka', 'fleet', 'sink', 'bootstrap'] as const

const args = process.argv.slice(2)
const json = args.includes('--json')
const { settings, names } = readSettings(args)
const wrong = names.filter(name => !known.includes(name as (typeof known)[number]))
if (wrong.length > 0) {
  process.stderr.write(`no benchmark is called ${wrong.join(', ')}; known: ${known.join(', ')}\n`)
  process.exit(2)
}

const figures: Figure[] = []
for (const name of names.length > 0 ? names : known) {
  process.stderr.write(`${name} …\n`)
  const bench = (await import(`./${name}.js`)) as {
    readonly figures: (settings: Settings) => Promise<readonly Figure[]>
  }
  for (const figure of await bench.figures(settings)) {
    figures.push(figure)
    const goal = figure.goal === null ? 'reported' : `goal ${figure.goal} ${figure.met ? 'met' : 'NOT MET'}`
    const spread = figure.spread.map(value => value.toPrecision(3)).join('–')
    process.stderr.write(
      `  ${figure.name}: ${figure.value} ${figure.unit} (${spread}, ${figure.rounds} rounds), ${goal}; against ${figure.reference}\n`,
    )
  }
}
if (json) {
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  }
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
  process.stdout.write(`${JSON.stringify({ figures, machine, commit })}\n`)
}
process.exit(figures.some(figure => figure.met === false) ? 1 : 0)
