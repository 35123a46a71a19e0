import { shareGptCorpus } from '../../scripts/parts/sharegpt.js'
import { scriptArguments, wrongArguments } from '../../scripts/script-arguments.js'
import { countCorpus } from './corpus.js'
import { type Took, trial } from './trial.js'

/** Memory that `run` may take, in bytes, and by how much it may rise after the first fifth of its time. */
const bounds = { anonymous: 512e6, gained: 0.1 }

const help = `Usage: npm run trial -- sharegpt|FILE [--json]

Ingests a corpus, a JSON array of ShareGPT's form, and runs preprocess, clean, annotate and seal on it, with a value server
that answers at once. Prints what became of every conversation and turn, the time, the memory and the processor time a turn.
The corpus sharegpt is what npm run setup -- sharegpt installs.

Exit code: 0 when every conversation and turn is accounted for and memory keeps its bounds, 1 when not, 2 for a wrong
command line.
`
const { values, positionals } = scriptArguments(help, {
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})
const [name] = positionals
if (name === undefined || positionals.length > 1) wrongArguments('name one corpus', help)
const corpus = name === 'sharegpt' ? shareGptCorpus() : name
if (corpus === null) wrongArguments('sharegpt is not installed: npm run setup -- sharegpt', help)

const counted = await countCorpus(corpus)
const { ingest, run, account } = await trial(corpus, line => process.stderr.write(`${line}\n`))
const [records, turns] = (['records', 'turns'] as const).map(what =>
  account.ends.reduce((sum, end) => sum + end[what], 0),
)
const checks: readonly (readonly [name: string, holds: boolean])[] = [
  [`${records} of ${counted.conversations} conversations are accounted for`, records === counted.conversations],
  [`${turns} of ${counted.turns} turns are accounted for`, turns === counted.turns],
  [`${account.unclear.length} with no end or several`, account.unclear.length === 0],
  // A torn file is an error, after what came before.
  [`ingest ended with ${ingest.code}`, counted.torn ? ingest.code !== 0 : ingest.code === 0],
  [`run ended with ${run.code}`, run.code === 0],
  [`run took at most ${megabytes(run.anonymous)} MB of its own`, run.anonymous <= bounds.anonymous],
  [
    `its memory rose by ${run.gained === null ? 'an unknown share: too short' : `${(run.gained * 100).toFixed(1)} %`}`,
    (run.gained ?? 0) <= bounds.gained,
  ],
]

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}

const line = (what: string, { seconds, cpuSeconds, anonymous }: Took): string =>
  `${what}: ${seconds.toFixed(1)} s, ${((cpuSeconds / counted.turns) * 1e6).toFixed(0)} µs of a processor a turn, ` +
  `at most ${megabytes(anonymous)} MB of its own\n`

if (values.json) process.stdout.write(`${JSON.stringify({ counted, ingest, run, account, checks })}\n`)
else {
  for (const { end, records, turns } of account.ends)
    process.stdout.write(`${String(records).padStart(8)} ${String(turns).padStart(8)}  ${end}\n`)
  process.stdout.write(line('ingest', ingest) + line('run', run))
  for (const [check, holds] of checks) process.stdout.write(`${holds ? 'holds   ' : 'NOT SO  '} ${check}\n`)
  for (const one of account.unclear.slice(0, 20)) process.stdout.write(`unclear: ${one}\n`)
}
process.exit(checks.every(([, holds]) => holds) ? 0 : 1)
