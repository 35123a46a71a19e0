// Runs every tier of the tests whose parts can be had, then says what ran and what did not, and why.
// STEERFLOW_REQUIRE=all makes an absent part a failure.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const requireAll = process.env.STEERFLOW_REQUIRE === 'all'
const bin = name => `node_modules/.bin/${name}`

if (!existsSync('node_modules')) run('npm', ['ci'])

/** Each tier: what it shows, what it runs, and a part that must be on the machine. */
const tiers = [
  { name: 'types', shows: 'everything compiles; what must not compile does not', run: [bin('tsc'), '--noEmit'] },
  { name: 'lint', shows: 'no unsafe types, no impure core', run: [bin('eslint'), '.', '--max-warnings=0'] },
  { name: 'format', shows: 'one style', run: [bin('prettier'), '--check', '--log-level=warn', '.'] },
  { name: 'layers', shows: 'domain ← stages ← runtime ← adapters ← cli', run: ['node', 'scripts/layers.mjs'] },
  { name: 'unit', shows: 'tables and properties', run: [bin('vitest'), 'run', '--project', 'unit'] },
  {
    name: 'real',
    shows: 'goldens, conformance, kills, servers, the whole flow, and the same JSON as Python',
    run: [bin('vitest'), 'run', '--project', 'real'],
    part: { name: 'python3', found: () => spawnSync('python3', ['--version']).status === 0 },
  },
]

const rows = []
for (const {
  name,
  shows,
  run: [command, ...args],
  part,
} of tiers) {
  if (part && !part.found()) {
    rows.push({ name, result: requireAll ? 'failed' : 'not run', seconds: 0, shows: `${part.name} is not here` })
    continue
  }
  console.log(`\n── ${name}`)
  const started = Date.now()
  const ok = run(command, args)
  rows.push({ name, result: ok ? 'passed' : 'failed', seconds: (Date.now() - started) / 1000, shows })
}

console.log(`\n${'tier'.padEnd(8)}${'result'.padEnd(9)}${'seconds'.padStart(8)}  what it shows`)
for (const { name, result, seconds, shows } of rows) {
  console.log(`${name.padEnd(8)}${result.padEnd(9)}${seconds.toFixed(1).padStart(8)}  ${shows}`)
}
const failed = rows.filter(row => row.result === 'failed').length
console.log(`tiers: ${rows.filter(row => row.result === 'passed').length} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status === 0
}
