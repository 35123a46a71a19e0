// Runs every tier of the tests whose parts can be had, then says what ran and what did not, and why.
// STEERFLOW_REQUIRE=all makes an absent part a failure.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const help = `Usage: npm test [-- --seed N]      all tiers; of proofs by repetition a part, chosen by the seed
       npm run test:full            all tiers, all of every proof: for nights and releases

One tier: npx vitest run --project unit|real|kafka [FILE]
`
const { full, seed } = chosenEffort()

const requireAll = process.env.STEERFLOW_REQUIRE === 'all'
const bin = name => `node_modules/.bin/${name}`
/** A tier of vitest: its results are kept, so that what failed is named once more at the end. */
const vitest = project => [bin('vitest'), 'run', '--project', project, ...reporters(project)]

if (!existsSync('node_modules')) spawnSync('npm', ['ci'], { stdio: 'inherit', shell: process.platform === 'win32' })

// Tests whose own part is absent write a line here: their name and the reason.
const folder = mkdtempSync(join(tmpdir(), 'steerflow-tiers-'))
const notRun = join(folder, 'not-run')
writeFileSync(notRun, '')
process.env.STEERFLOW_NOT_RUN = notRun
if (full) process.env.STEERFLOW_TEST_FULL = '1'
else process.env.STEERFLOW_TEST_SEED = String(seed)
const effort = full
  ? 'every proof by repetition in full'
  : `proofs by repetition in part, seed ${seed}: npm test -- --seed ${seed} repeats them, npm run test:full does them all`
console.log(effort)

const results = project => join(folder, `${project}.json`)
function reporters(project) {
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${results(project)}`]
}

// Kept between runs by what files hold, so that nothing is overlooked.
const cached = ['--cache', '--cache-strategy=content']

/**
 * The tiers in waves: those of a wave run side by side. Each: what it shows, what it runs, and `absent`, which says why a
 * part that it cannot do without is not there.
 */
const waves = [
  [
    {
      name: 'types',
      shows: 'everything compiles; what must not compile does not',
      run: ['npm', 'run', '-s', 'typecheck'],
    },
    { name: 'lint', shows: 'no unsafe types, no impure core', run: ['npm', 'run', '-s', 'lint'] },
    { name: 'format', shows: 'one style', run: [bin('prettier'), '--check', '--log-level=warn', ...cached, '.'] },
    { name: 'layers', shows: 'domain ← stages ← runtime ← adapters ← cli', run: ['node', 'scripts/layers.mjs'] },
  ],
  [{ name: 'unit', shows: 'tables and properties', run: vitest('unit') }],
  [
    {
      name: 'real',
      shows: 'goldens, conformance, kills, servers, the whole flow, and the same JSON as Python',
      run: vitest('real'),
      absent: () => {
        // Tests that need one of these say so themselves.
        const parts = ['llama', 'python-hydra', 's3mock', 'python-datasets', 'python-kubernetes', 'chromium']
        setUp(...parts, 'node-versions')
        return spawnSync('python3', ['--version']).status === 0 ? null : 'python3 is not here'
      },
    },
    {
      name: 'kafka',
      shows: 'a real Kafka and a real schema registry',
      run: vitest('kafka'),
      absent: () => {
        // Tests that need one of the others say so themselves.
        const reason = setUp('kafka', 'registry', 'python-kafka')
        return reason && !process.env.KAFKA_BROKERS && !dockerAnswers() ? reason : null
      },
    },
  ],
]

spawnSync('npm', ['run', '-s', 'build'], { stdio: 'inherit', shell: process.platform === 'win32' })
process.env.STEERFLOW_BUILT = '1'
const rows = []
for (const wave of waves) {
  console.log(`\n── ${wave.map(({ name }) => name).join(', ')}`)
  const reasons = wave.map(({ absent }) => absent?.() ?? null)
  rows.push(...(await Promise.all(wave.map((tier, at) => rowOf(tier, reasons[at], wave.length > 1)))))
}

console.log(`\n${'tier'.padEnd(8)}${'result'.padEnd(9)}${'seconds'.padStart(8)}  what it shows`)
for (const { name, result, seconds, shows } of rows) {
  console.log(`${name.padEnd(8)}${result.padEnd(9)}${seconds.toFixed(1).padStart(8)}  ${shows}`)
}
for (const { name, failures } of rows) for (const failure of failures) console.log(`failed: ${name}: ${failure}`)
const left = readFileSync(notRun, 'utf8').split('\n').filter(Boolean)
for (const { name, reason } of [...new Set(left)].map(line => JSON.parse(line))) {
  console.log(`not run: ${name}, because ${reason}`)
}
rmSync(folder, { recursive: true })
const failed = rows.filter(row => row.result === 'failed').length
console.log(effort)
console.log(`tiers: ${rows.filter(row => row.result === 'passed').length} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

/** What the command line asks for; ends with help, or with 2 where it is wrong. */
function chosenEffort() {
  const options = { full: { type: 'boolean' }, seed: { type: 'string' }, help: { type: 'boolean' } }
  let values
  try {
    ;({ values } = parseArgs({ options }))
  } catch (error) {
    wrong(error.message)
  }
  if (values.help) {
    process.stdout.write(help)
    process.exit(0)
  }
  const drawn = values.seed ?? String(1 + Math.floor(Math.random() * 9999))
  if (!/^\d{1,9}$/.test(drawn)) wrong(`--seed ${drawn}: a whole number is needed`)
  if (values.full && values.seed) wrong('--full does everything, --seed chooses a part: give one of them')
  return { full: values.full === true, seed: Number(drawn) }
}

function wrong(message) {
  process.stderr.write(`${message}\n\n${help}`)
  process.exit(2)
}

/** Installs parts; returns why the first of them could not be had, or null. */
function setUp(...parts) {
  const { stderr } = spawnSync(bin('tsx'), ['scripts/setup.ts', ...parts], {
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  process.stderr.write(stderr)
  return stderr.split('\n').find(line => line.startsWith(`${parts[0]}: `)) ?? null
}

/** Runs a tier. One of several that run names itself in every line. */
async function rowOf({ name, shows, run: [command, ...args] }, reason, isOneOfSeveral) {
  if (reason) return { name, result: requireAll ? 'failed' : 'not run', seconds: 0, shows: reason, failures: [] }
  const started = Date.now()
  const ok = await runs(command, args, isOneOfSeveral ? `${name.padEnd(6)}│ ` : '')
  const seconds = (Date.now() - started) / 1000
  return { name, result: ok ? 'passed' : 'failed', seconds, shows, failures: ok ? [] : failuresOf(name) }
}

/** Whether a program ends well; what it says is told line by line, behind a prefix. */
async function runs(command, args, prefix) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => console.log(prefix + line))
  const status = await new Promise(resolve => {
    child.on('error', error => resolve(console.log(prefix + error.message)))
    child.on('close', resolve)
  })
  return status === 0
}

/** Every test of a tier that failed, with the beginning of what it said. */
function failuresOf(tier) {
  if (!existsSync(results(tier))) return []
  const { testResults } = JSON.parse(readFileSync(results(tier), 'utf8'))
  const brief = text => (text ?? '').split('\n').slice(0, 4).join(' | ').slice(0, 500)
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter(one => one.status === 'failed')
    const file = relative(process.cwd(), name)
    if (failed.length === 0) return status === 'failed' ? [`${file}: ${brief(message)}`] : []
    return failed.map(one => `${file}: ${one.fullName}: ${brief(one.failureMessages?.[0])}`)
  })
}

function dockerAnswers() {
  return spawnSync('docker', ['version']).status === 0
}
