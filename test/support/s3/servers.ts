import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { s3mockJar } from '../../../scripts/parts/s3mock.js'
import type { S3Settings } from '../../../src/adapters/storage/s3/settings.js'
import { freePorts } from '../process/ports.js'
import { startSupervised, type Supervised } from '../process/supervised.js'

const bucket = 'shards'

/** What both servers take as credentials; put them into the environment before the first request. */
export const credentials = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' } as const

/** A server of S3's protocol, with one empty bucket that outlives the server's death. */
export interface S3Server {
  readonly settings: S3Settings
  /** Kills the server, at whatever it is; objects stay. */
  kill(): Promise<void>
  /** Starts it again at the same address. */
  start(): Promise<void>
  /** Sends it a signal: SIGSTOP hangs it, SIGCONT wakes it. */
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

type Command = (port: number, folder: string) => { readonly command: string; readonly args: readonly string[] }

const s3rver: Command = (port, folder) => ({
  command: process.execPath,
  args: [fileURLToPath(new URL('./s3rver.mjs', import.meta.url)), String(port), join(folder, 'data'), bucket],
})

const s3mock: Command = (port, folder) => {
  const { java, jar } = s3mockJar()!
  const store = 'com.adobe.testing.s3mock.store'
  const settings = [`root=${folder}/data`, 'retainFilesOnExit=true', `initialBuckets=${bucket}`]
  const own = settings.map(setting => `-D${store}.${setting}`)
  const server = ['--server.port=0', `--http.port=${port}`, '--server.address=127.0.0.1']
  return { command: java, args: ['-Xmx256m', '-XX:TieredStopAtLevel=1', ...own, '-jar', jar, ...server] }
}

export const startS3rver = (): Promise<S3Server> => open(s3rver)
export const startS3Mock = (): Promise<S3Server> => open(s3mock)

async function open(command: Command): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-s3-'))
  const [port] = await freePorts(1)
  const endpoint = `http://127.0.0.1:${port}`
  const log = join(folder, 'log')
  let running: Supervised | null = null
  const kill = async (): Promise<void> => {
    running?.signal('SIGKILL')
    await running?.ended
  }
  const start = async (): Promise<void> => {
    const started = await startSupervised({ ...command(port!, folder), log, remove: folder })
    running = started
    for (const until = Date.now() + 60_000; Date.now() < until && started.running; await sleep(50)) {
      if (await fetch(endpoint).catch(() => null)) return
    }
    throw new Error(`the server of S3 did not start:\n${await readFile(log, 'utf8').catch(() => '')}`)
  }
  await start()
  return {
    settings: { bucket, prefix: 'a/prefix', region: 'us-east-1', endpoint, forcePathStyle: true },
    kill,
    start,
    signal: name => running?.signal(name),
    stop: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
