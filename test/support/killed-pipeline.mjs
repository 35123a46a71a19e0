/**
 * Runs seal → trigger → launch with the compiled code until everything is idle, or kills itself with SIGKILL at the nth
 * time that it comes to a step. A write is torn in the middle when the kill comes before its end. With `fail`, a code such
 * as EIO, the step fails with it in place of the kill, that time and ever after.
 * Usage: node killed-pipeline.mjs SETTINGS, with {config, programs, step, at, after, fail}; without a step it lives. With
 * `untilIdle` false it goes on until SIGTERM.
 */
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { onCommits } from './on-commits.mjs'

const { config: given, programs, step, at = 1, after = false, fail, untilIdle = true } = JSON.parse(process.argv[2])
let left = at

/** Does a work that is a step of that name, and dies before or after it when it is the one. */
async function around(name, work, torn) {
  if (name !== step || --left > 0) return work()
  if (fail) throw Object.assign(new Error(`${fail}: as a broken disk says it`), { code: fail })
  await (after ? work() : torn?.())
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

// Which file a handle is of: the spool of cuts is told from everything else that is written.
const paths = new WeakMap()
const { open, rename } = fs
fs.open = async (path, ...args) => {
  const handle = await open(path, ...args)
  paths.set(handle, String(path))
  return handle
}
fs.rename = (from, to) => {
  const step = /[/]shards[/]/.test(to) ? 'rename' : /[/]datasets[/]/.test(to) ? 'snapshot' : ''
  return around(step, () => rename(from, to))
}
const handle = await open('/dev/null')
const prototype = Object.getPrototypeOf(handle)
const { write, sync } = prototype
const isSpooled = handle => /[/]spool[/].*[/]cut-/.test(paths.get(handle) ?? '')
prototype.write = function (data, ...args) {
  const torn = () => write.call(this, data.slice(0, data.length / 2))
  return around(isSpooled(this) ? 'spool write' : '', () => write.call(this, data, ...args), torn)
}
prototype.sync = function () {
  return around(isSpooled(this) ? 'fsync' : '', () => sync.call(this))
}
await handle.close()
syncBuiltinESMExports()

const dist = path => import(new URL(`../../dist/${path}`, import.meta.url).href)
const [{ Config }, { nodeOptions }, { openWorkspace }, { openShards }, { openSnapshots }, { ExecRunner }] =
  await Promise.all(
    [
      'cli/config.js',
      'cli/node-options.js',
      'cli/workspace.js',
      'adapters/storage/shard-store.js',
      'adapters/snapshot/snapshots.js',
    ]
      .map(dist)
      .concat(dist('adapters/launchers/exec/exec-runner.js')),
  )
const [{ pipeline }, { node }, { seal }, topics, { PipelineRun }] = await Promise.all(
  ['pipeline.js', 'stages/node.js', 'stages/seal.js', 'topics.js', 'runtime/pipeline-run.js'].map(dist),
)

const config = Config.parse(given)
const { log, root, files, close } = await openWorkspace(config, { exclusive: true }, { begins: true })
const shards = await openShards(root, files)
const exec = new ExecRunner(root, { programs, pollMs: 20 })
const runners = { runner: () => exec }

const begin = shards.begin
shards.begin = async start => {
  const cut = await begin(start)
  const seal = cut.seal.bind(cut)
  cut.seal = to => around('manifest', () => seal(to))
  return cut
}
onCommits(log, (group, outputs, commit) => {
  const step = group.startsWith('seal') ? 'commit' : group
  return around(outputs.length > 0 && step !== 'launch' ? step : '', commit)
})
const start = exec.start.bind(exec)
exec.start = job => around('launch', () => start(job))

const nodes = [
  node('seal-scored', seal, {
    from: topics.scored,
    to: { shards: topics.shards },
    options: { dataset: 'kill-{origin}' },
  }),
  ...pipeline.filter(({ name }) => name === 'trigger' || name === 'launch'),
]
const run = new PipelineRun({
  log,
  nodes,
  deadLetters: topics.deadLetters.name,
  capabilities: { shards, snapshots: await openSnapshots({ root, files }), runners },
  options: node => nodeOptions(config, node),
  concurrency: () => 8,
  sourcesEnded: () => true,
  untilIdle,
  report: event => console.log(JSON.stringify(event)),
})
process.on('SIGTERM', () => run.stop())
try {
  await run.run()
} catch (error) {
  console.log(JSON.stringify({ event: 'stopped', code: error.code, next: error.next, cause: error.cause?.code }))
  process.exitCode = 1
}
await close()
