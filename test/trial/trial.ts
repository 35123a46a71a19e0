import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { loadConfig } from '../../src/cli/load-config.js'
import { openWorkspace } from '../../src/cli/workspace.js'
import { sampleProcess } from '../soak/sample.js'
import { floorGained } from '../soak/trend.js'
import { startCli } from '../support/cli.js'
import { forkContractServer } from '../support/contract-server/child.js'
import { type CorpusAccount, accountOf } from './corpus-account.js'

/** What a command of the trial took. */
export interface Took {
  readonly code: number | null
  readonly seconds: number
  readonly cpuSeconds: number
  /** The most memory of its own, in bytes. */
  readonly anonymous: number
  /** By how much the lows of its memory rose after the first fifth of its time, as a share; null if it was too short. */
  readonly gained: number | null
  readonly stderr: string
}

export interface Trial {
  readonly ingest: Took
  readonly run: Took
  readonly account: CorpusAccount
}

const sampleMs = 250

/** Ingests a corpus and runs all nodes on it until they are idle, with a value server that answers at once. */
export async function trial(corpus: string, say: (line: string) => void): Promise<Trial> {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-trial-'))
  const server = await forkContractServer()
  try {
    const file = join(folder, 'steerflow.yaml')
    const config = { dataDir: join(folder, 'data'), annotate: { endpoints: [server.url] } }
    await writeFile(file, stringify(config))
    say(`ingesting ${corpus}`)
    const ingest = await taken(['ingest', corpus, '--config', file])
    say(`ingested in ${ingest.seconds.toFixed(0)} s; running`)
    const nodes = ['preprocess', 'clean-labelled', 'clean-unscored', 'annotate', 'clean-scored', 'seal-scored']
    const run = await taken(['run', '--until-idle', '--nodes', nodes.join(','), '--config', file])
    say(`ran for ${run.seconds.toFixed(0)} s; counting`)
    const workspace = await openWorkspace(loadConfig({ file }), { begins: true })
    const account = await accountOf(workspace.log)
    await workspace.close()
    return { ingest, run, account }
  } finally {
    await server.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs a command and looks at its process. */
async function taken(args: readonly string[]): Promise<Took> {
  const { child, ended } = startCli(args)
  const began = performance.now()
  const samples: { minute: number; value: number; cpuSeconds: number }[] = []
  const looking = setInterval(() => {
    void sampleProcess(child.pid!).then(
      ({ anonymous, cpuSeconds }) =>
        samples.push({ minute: (performance.now() - began) / 60_000, value: anonymous, cpuSeconds }),
      () => undefined,
    )
  }, sampleMs)
  const { code, stderr } = await ended
  clearInterval(looking)
  const seconds = (performance.now() - began) / 1000
  const later = samples.filter(({ minute }) => minute * 60 > seconds / 5)
  return {
    code,
    seconds,
    cpuSeconds: Math.max(0, ...samples.map(one => one.cpuSeconds)),
    anonymous: Math.max(0, ...samples.map(({ value }) => value)),
    gained: floorGained(later, 0.25),
    stderr,
  }
}
