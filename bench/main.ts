import { writeFileSync } from 'node:fs'
import { benchmarksPage, pagePath } from '../scripts/benchmarks-page.js'
import { type Figure, unmet } from './figure.js'
import { type Benchmark, measured, unknownParts } from './parts.js'
import { commitOf, machine, record, whyNotRecorded } from './record.js'
import { type CommandLine, readSettings } from './settings.js'
import { tiny } from './sizes.js'

/** Every benchmark: a file of its name. */
const known = ['preprocess', 'clean', 'annotate', 'log', 'kafka', 'fleet', 'sink', 'bootstrap'] as const

const say = (text: string): void => void process.stderr.write(`${text}\n`)
const exit = { met: 0, failed: 1, usage: 2 } as const

function usage(why: string): never {
  say(`${why}\n  next: npm run bench -- --help`)
  process.exit(exit.usage)
}

const load = async (name: string): Promise<Benchmark> => (await import(`./${name}.js`)) as Benchmark

async function help(names: readonly string[]): Promise<void> {
  const rows: string[] = []
  for (const name of names) {
    const { about, parts } = await load(name)
    rows.push(`  ${name.padEnd(11)} ${about}`, `  ${''.padEnd(11)} parts: ${Object.keys(parts).join(', ')}`)
  }
  process.stdout.write(`Usage: npm run bench -- [NAME…] [options]

Measures and prints, one part after the other. A gated figure is a ratio, ours to the reference, or a rate.

${rows.join('\n')}

Options:
  --only PART,…  measure some parts of the benchmarks that are named
  --long         measure for longer where that is worth it
  --tiny         only show that everything runs, in seconds; no figure is judged
  --record       write the figures with time, commit and machine into bench/figures.json and docs/benchmarks.md;
                 the working tree must be clean
  --json         print one object with all figures as the last line
  --verbose      print what goes on
  --help         print this

Exit code: 0 when every goal is met, 1 when one is not or a part failed, 2 for a wrong command line.
`)
}

/** A figure as a line. One without a goal is reported, and one of a tiny run says nothing of the goal. */
function line({ name, value, unit, goal, met, spread, rounds, reference }: Figure): string {
  const judged = goal === null ? 'reported' : met === null ? 'not judged' : `goal ${goal} ${met ? 'met' : 'NOT MET'}`
  const range = spread.map(one => one.toPrecision(3)).join('–')
  return `  ${name}: ${value} ${unit} (${range}, ${rounds} rounds), ${judged}; against ${reference}`
}

function commandLine(): CommandLine {
  try {
    return readSettings(process.argv.slice(2))
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error))
  }
}

const { settings, names, help: wantsHelp, json, record: wantsRecord } = commandLine()
const wrong = names.filter(name => !known.some(one => one === name))
if (wrong.length > 0) usage(`no benchmark is called ${wrong.join(', ')}; known: ${known.join(', ')}`)
const chosen = names.length > 0 ? names : known
if (wantsHelp) {
  await help(chosen)
  process.exit(exit.met)
}
if (settings.only && names.length !== 1) usage('--only wants the name of one benchmark')
const commit = commitOf()
const whyNot = wantsRecord ? whyNotRecorded() : null
if (whyNot !== null) usage(whyNot)

const figures: (Figure & { readonly benchmark: string; readonly part: string })[] = []
const failed: string[] = []
for (const name of chosen) {
  say(`${name} …`)
  const bench = await load(name)
  const unknown = unknownParts(bench, settings)
  if (unknown.length > 0) {
    usage(`${name} has no part ${unknown.join(', ')}; its parts: ${Object.keys(bench.parts).join(', ')}`)
  }
  for await (const { part, figures: found, failed: why } of measured(bench, settings)) {
    for (const one of found) say(line(one))
    figures.push(...found.map(one => ({ benchmark: name, part, ...one })))
    if (why === null && wantsRecord) record(name, part, found, commit)
    if (why === null) continue
    failed.push(`${name} ${part}`)
    say(`  failed: ${name} ${part}: ${why}`)
  }
}
if (wantsRecord) writeFileSync(pagePath, benchmarksPage())
say(
  `${figures.length} figures${tiny ? ', none judged' : `; not met: ${unmet(figures).join(', ') || 'none'}`}` +
    `; failed parts: ${failed.join(', ') || 'none'}`,
)
if (json) process.stdout.write(`${JSON.stringify({ figures, failed, machine: machine(), commit })}\n`)
process.exit(unmet(figures).length + failed.length > 0 ? exit.failed : exit.met)
