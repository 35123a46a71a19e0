import { Session } from 'node:inspector/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as CliConfig from '../src/cli/config.js'
import type * as CliWorkspace from '../src/cli/workspace.js'
import type * as CliRunCapabilities from '../src/cli/run/capabilities.js'
import type * as CliRunRunPipeline from '../src/cli/run/run-pipeline.js'
import type * as RuntimeWaits from '../src/runtime/waits.js'
import type * as StagesNode from '../src/stages/node.js'
import type * as Topics from '../src/topics.js'
import { startContractServer } from '../test/support/contract-server/server.js'
import { conversation } from '../test/support/training.js'
import { scriptArguments } from './script-arguments.js'

const help = `Usage: npx tsx scripts/thread.ts

Lists the files of src whose code one conversation runs through, from the topic that annotate reads to the topic that it
writes, on the embedded log with a real server: what one has to open to follow a record. Compile first (npm run build).
`
scriptArguments(help, { options: {} })

const dist = pathToFileURL(join(process.cwd(), 'dist/')).href
const load = async <T>(path: string): Promise<T> => (await import(`${dist}${path}`)) as T
const { Config } = await load<typeof CliConfig>('cli/config.js')
const { openWorkspace } = await load<typeof CliWorkspace>('cli/workspace.js')
const { openCapabilities } = await load<typeof CliRunCapabilities>('cli/run/capabilities.js')
const { runPipeline } = await load<typeof CliRunRunPipeline>('cli/run/run-pipeline.js')
const { Waits } = await load<typeof RuntimeWaits>('runtime/waits.js')
const { encode } = await load<typeof StagesNode>('stages/node.js')
const topics = await load<typeof Topics>('topics.js')

const dataDir = await mkdtemp(join(tmpdir(), 'steerflow-thread-'))
const server = await startContractServer({})
const config = Config.parse({ dataDir, annotate: { endpoints: [{ url: server.url }] } })
const workspace = await openWorkspace(config, { exclusive: true, begins: true })
const opened = await openCapabilities(workspace, () => undefined, new Waits(() => undefined))
const stop = new AbortController()
const out = async (): Promise<number> =>
  Number((await workspace.log.state(topics.annotated.name)).reduce((sum, { end }) => sum + end, 0n))
const publish = (tree: string) => workspace.log.publish([encode(topics.unscoredClean, conversation(tree))])
const came = async (count: number): Promise<void> => {
  while ((await out()) < count) await new Promise(resolve => setTimeout(resolve, 20))
}
const running = runPipeline({
  workspace,
  nodes: config.flow.nodes.filter(({ from }) => from.name === topics.unscoredClean.name),
  capabilities: opened.capabilities,
  underWay: opened.underWay,
  untilIdle: false,
  sources: async () => undefined,
  watch: () => undefined,
  report: () => undefined,
  signal: stop.signal,
})
// The first one opens and learns what all others use.
await publish('first')
await came(1)
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
/** The functions of ours that were called since they were last asked for, by file. */
async function called(): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const own = result.filter(({ url }) => url.startsWith(dist))
  return new Map(
    own.map(({ url, functions }) => [
      url,
      new Set(functions.flatMap(({ ranges: [range] }) => (range!.count > 0 ? [range!.startOffset] : []))),
    ]),
  )
}
await called()
await new Promise(resolve => setTimeout(resolve, 3000))
// What a run does while nothing comes is no part of a record's way.
const idle = await called()
await publish('second')
await came(2)
const busy = await called()
session.disconnect()
stop.abort()
await running
await opened.close()
await workspace.close()
await server.stop()
await rm(dataDir, { recursive: true, force: true })

const files = [...busy]
  .filter(([url, functions]) => [...functions].some(at => !idle.get(url)?.has(at)))
  .map(([url]) => relative(process.cwd(), fileURLToPath(url)).replace(/^dist/, 'src').replace(/\.js$/, '.ts'))
  .sort()
process.stdout.write(`${files.join('\n')}\n${files.length} files\n`)
