// Runs every tier of the tests whose parts can be had, then says what ran and what did not, and why.
// STEERFLOW_REQUIRE=all makes an absent part a failure.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const requireAll = process.env.STEERFLOW_REQUIRE === 'all'
const bin = name => `node_modules/.bin/${name}`
/** A tier of vitest: its results are kept, so that what failed is named once more at the end. */
const vitest = project => [bin('vitest'), 'run', '--project', project, ...reporters(project)]

if (!existsSync('node_modules')) run('npm', ['ci'])

// Tests whose own part is absent write a line here: their name and the reason.
const folder = mkdtempSync(join(tmpdir(), 'steerflow-tiers-'))
const notRun = join(folder, 'not-run')
writeFileSync(notRun, '')
process.env.STEERFLOW_NOT_RUN = notRun

const results = project => join(folder, `${project}.json`)
function reporters(project) {
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${results(project)}`]
}

/** Each tier: what it shows, what it runs, and `absent`, which says why a part that it cannot do without is not there. */
const tiers = [
  { name: 'types', shows: 'everything compiles; what must not compile does not', run: [bin('tsc'), '--noEmit'] },
  { name: 'lint', shows: 'no unsafe types, no impure core', run: [bin('eslint'), '.', '--max-warnings=0'] },
  { name: 'format', shows: 'one style', run: [bin('prettier'), '--check', '--log-level=warn', '.'] },
  { name: 'layers', shows: 'domain ← stages ← runtime ← adapters ← cli', run: ['node', 'scripts/layers.mjs'] },
  { name: 'unit', shows: 'tables and properties', run: vitest('unit') },
  {
    name: 'real',
    shows: 'goldens, conformance, kills, servers, the whole flow, and the same JSON as Python',
    run: vitest('real'),
    absent: () => {
      // Tests that need one of these say so themselves.
      setUp('llama')
      setUp('python-hydra')
      setUp('s3mock')
      setUp('python-datasets')
      setUp('python-kubernetes')
      setUp('chromium')
      return spawnSync('python3', ['--version']).status === 0 ? null : 'python3 is not here'
    },
  },
  {
    name: 'kafka',
    shows: 'a real Kafka and a real schema registry',
    run: vitest('kafka'),
    absent: () => {
      const reason = setUp('kafka')
      // Tests that need one of these say so themselves.
      setUp('registry')
      setUp('python-kafka')
      return reason && !process.env.KAFKA_BROKERS && !dockerAnswers() ? reason : null
    },
  },
]

const rows = []
for (const {
  name,
  shows,
  run: [command, ...args],
  absent,
} of tiers) {
  console.log(`\n── ${name}`)
  const started = Date.now()
  const reason = absent?.()
  if (reason) {
    rows.push({ name, result: requireAll ? 'failed' : 'not run', seconds: 0, shows: reason, failures: [] })
    continue
  }
  const ok = run(command, args)
  const seconds = (Date.now() - started) / 1000
  rows.push({ name, result: ok ? 'passed' : 'failed', seconds, shows, failures: ok ? [] : failuresOf(name) })
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
console.log(`tiers: ${rows.filter(row => row.result === 'passed').length} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

/** Installs a part; returns why it could not be had, or null. */
function setUp(part) {
  const { status, stderr } = spawnSync(bin('tsx'), ['scripts/setup.ts', part], {
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  process.stderr.write(stderr)
  return status === 0 ? null : stderr.trim().split('\n')[0]
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

function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status === 0
}
