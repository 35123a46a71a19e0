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

Lists the files of src whose code each conversation runs through, from the topic that annotate reads to the topic that it
writes, on the embedded log with a real server: what one has to open to follow a record. Compile first (npm run build).
`
scriptArguments(help, { options: {} })

/** Conversations that are followed, one after the other. */
const records = 100

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
/** Counts the records of the topic that is written, again and again until `over` is true of the count. */
const look = async (over: (count: number) => boolean): Promise<void> => {
  while (!over(await out())) await new Promise(resolve => setTimeout(resolve, 20))
}
let published = 0
/** Sends records on their way, each when the one before has arrived. */
async function send(count: number): Promise<void> {
  for (let each = 0; each < count; each++) {
    await workspace.log.publish([encode(topics.unscoredClean, conversation(`record-${published++}`))])
    await look(arrived => arrived === published)
  }
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
await send(1)
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
/** The number of calls of each of our functions since the last look, by file and place. */
async function calls(): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const own = result.filter(({ url }) => url.startsWith(dist))
  return new Map(
    own.map(({ url, functions }) => [
      url,
      new Map(functions.map(({ ranges: [range] }) => [range!.startOffset, range!.count] as const)),
    ]),
  )
}
await calls()
const began = performance.now()
await send(records)
const ended = performance.now()
const busy = await calls()
// A run has work without records too: its calls within an equal time are subtracted.
await look(() => performance.now() - ended >= ended - began)
const idle = await calls()
session.disconnect()
stop.abort()
await running
await opened.close()
await workspace.close()
await server.stop()
await rm(dataDir, { recursive: true, force: true })

/** Whether a function is called for each record; a timer, and an odd record, call theirs more rarely. */
const ofEach =
  (url: string) =>
  ([at, count]: readonly [number, number]): boolean =>
    count - (idle.get(url)?.get(at) ?? 0) > records / 2
const files = [...busy]
  .filter(([url, functions]) => [...functions].some(ofEach(url)))
  .map(([url]) => relative(process.cwd(), fileURLToPath(url)).replace(/^dist/, 'src').replace(/\.js$/, '.ts'))
  .sort()
process.stdout.write(`${files.join('\n')}\n${files.length} files\n`)
