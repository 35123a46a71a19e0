import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./killed-at.mjs', import.meta.url))

/** No work takes as long; one that does not end is ended by a signal that is none of those asked for. */
const limits = { timeout: 60_000, killSignal: 'SIGQUIT' } as const

type Work = 'seal' | 'snapshot' | 'keep' | 'launch' | 'slurm' | 'webhook' | 'kubernetes'

/** What the work printed when it was left alive. */
export interface Done<T> {
  readonly operations: number
  readonly result: T
}

/** Runs a work undisturbed. */
export function undisturbed<T>(work: Work, root: string): Done<T> {
  const { stdout, stderr } = spawnSync(process.execPath, [script, '0', work, root], { ...limits, encoding: 'utf8' })
  if (!stdout.includes('operations')) throw new Error(stdout + stderr)
  return JSON.parse(stdout) as Done<T>
}

/** Runs a work undisturbed and returns what it printed, whether it failed or not. */
export const working = (work: Work, root: string): unknown =>
  JSON.parse(spawnSync(process.execPath, [script, '0', work, root], { ...limits, encoding: 'utf8' }).stdout)

/** Runs a work that is killed at its nth file operation. Returns the signal that ended it. */
export const killedAt = (n: number, work: Work, root: string): NodeJS.Signals | null =>
  spawnSync(process.execPath, [script, String(n), work, root], limits).signal

/** Runs a work where no file may grow beyond so many blocks of 512 bytes; returns what it printed. */
export const withSmallFiles = (blocks: number, work: Work, root: string): unknown => {
  const limited = ['-c', `ulimit -f ${blocks}; exec "$@"`, 'sh', process.execPath, script, '0', work, root]
  return JSON.parse(spawnSync('sh', limited, { ...limits, encoding: 'utf8' }).stdout)
}

/** Starts a work and leaves it to the caller to kill. */
export const startWork = (work: Work, root: string) =>
  spawn(process.execPath, [script, '0', work, root], { stdio: 'ignore' })

/** Like `killedAt`, or with 0 like `undisturbed`, while this process goes on and may answer what the work asks it. */
export async function killedAtBeside<T>(n: number, work: Work, root: string) {
  const child = spawn(process.execPath, [script, String(n), work, root], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const signal = await new Promise<NodeJS.Signals | null>(resolve => child.on('close', (_, signal) => resolve(signal)))
  return { signal, result: text === '' ? null : (JSON.parse(text) as Done<T>).result }
}
