/**
 * Runs the whole pipeline with the compiled code until everything is idle, or kills itself with SIGKILL at the nth commit
 * with which a node publishes something, before or after it. Jobs are run by a program that is given.
 * Usage: node killed-rounds.mjs SETTINGS, with {config, programs, node, at, after, nodes}; without a node it lives, and
 * without `nodes` it runs them all.
 */
import { onCommits } from './on-commits.mjs'

const { config: given, programs, node: killed, at = 1, after = false, nodes } = JSON.parse(process.argv[2])
let left = at

/** Does a commit of a node, and dies before or after it when it is the one. */
async function around(node, outputs, work) {
  if (node !== killed || outputs.length === 0 || --left > 0) return work()
  if (after) await work()
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

const dist = path => import(new URL(`../../dist/${path}`, import.meta.url).href)
const [{ Config }, { nodeOptions }, { openWorkspace }, { openCapabilities }, { ExecRunner }] = await Promise.all(
  [
    'cli/config.js',
    'cli/node-options.js',
    'cli/workspace.js',
    'cli/run/capabilities.js',
    'adapters/launchers/exec/exec-runner.js',
  ].map(dist),
)
const [{ pipeline }, topics, { PipelineRun }, { Waits }] = await Promise.all(
  ['pipeline.js', 'topics.js', 'runtime/pipeline-run.js', 'runtime/waits.js'].map(dist),
)

const config = Config.parse(given)
const workspace = await openWorkspace(config, { exclusive: config.log.kafka === undefined }, { begins: true })
const { log, root } = workspace
onCommits(log, around)

const report = event => console.log(JSON.stringify(event))
const opened = await openCapabilities(workspace, report, new Waits(report))
const exec = new ExecRunner(root, { programs, pollMs: 20 })
const run = new PipelineRun({
  log,
  nodes: pipeline.filter(({ name }) => nodes?.includes(name) ?? true),
  deadLetters: topics.deadLetters.name,
  capabilities: { ...opened.capabilities, runners: { runner: () => exec } },
  options: node => nodeOptions(config, node),
  concurrency: () => 8,
  window: () => 16,
  sourcesEnded: () => true,
  untilIdle: true,
  report,
})
process.on('SIGTERM', () => run.stop())
try {
  await run.run()
} catch (error) {
  console.log(JSON.stringify({ event: 'stopped', code: error.code, message: error.message, next: error.next }))
  process.exitCode = 1
}
await opened.close()
await workspace.close()
