import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { isGroupRunning } from '../../processes/identity.js'
import { makeFolder } from '../../storage/durable.js'
import { logEnd, readExit, readOwner } from '../exec/attempt.js'
import { startWatched } from '../exec/start-watched.js'
import { isUnanswered, submittedId } from './commands.js'

/**
 * How a call of sbatch ended. `unanswered`: its job may be submitted or not, and it is over. `lost`: nobody recorded its
 * end, and its process is gone.
 */
export type Submission =
  | { readonly end: 'submitted'; readonly id: string }
  | { readonly end: 'refused' | 'unanswered'; readonly said: string }
  | { readonly end: 'lost'; readonly at: Date }

/** Calls of sbatch lie in folders of an attempt, counted up: `submit-1`, `submit-2`, … */
const submitFolder = (attempt: string, n: number): string => join(attempt, `submit-${n}`)

/** How many calls of sbatch an attempt has seen. */
export async function submissions(attempt: string): Promise<number> {
  const names = await readdir(attempt).catch(() => [])
  return Math.max(0, ...names.map(name => Number(/^submit-(\d+)$/.exec(name)?.[1] ?? 0)))
}

/**
 * Calls sbatch for the nth time, once whoever asks: a process that outlives this one takes the folder and records what
 * sbatch said. A kill of this process therefore never leaves an sbatch of which nobody knows.
 */
export async function submit(
  attempt: string,
  n: number,
  { command, env }: { readonly command: readonly string[]; readonly env: NodeJS.ProcessEnv },
): Promise<void> {
  const folder = submitFolder(attempt, n)
  await makeFolder(folder)
  await startWatched(folder, { steps: [[...command]], env: {}, workdir: null }, env)
}

/**
 * How the nth call ended; waits for `patienceMs` while it runs. It may submit a job yet: it is not ended, and nobody makes
 * another call while it runs.
 * @throws STEERFLOW_LAUNCHER_UNAVAILABLE while it runs still
 */
export async function submission(
  attempt: string,
  n: number,
  pollMs: number,
  patienceMs = 120_000,
): Promise<Submission> {
  const folder = submitFolder(attempt, n)
  const asked = performance.now()
  for (;;) {
    const owner = await readOwner(folder)
    const running = owner !== null && (await isGroupRunning(owner))
    const exit = await readExit(folder)
    const said = await logEnd(folder)
    if (exit?.code === 0) {
      const id = submittedId(said)
      return id === null ? { end: 'unanswered', said } : { end: 'submitted', id }
    }
    if (exit) {
      const text = [exit.error, said.trim()].filter(Boolean).join('; ') || `exit code ${exit.code}`
      return { end: exit.error === null && isUnanswered(text) ? 'unanswered' : 'refused', said: text }
    }
    if (!running) return { end: 'lost', at: (await stat(folder)).mtime }
    if (performance.now() - asked > patienceMs) {
      const what = `sbatch: it has not ended within ${patienceMs} ms (process ${owner.pid}, ${folder})`
      throw new SteerflowError('STEERFLOW_LAUNCHER_UNAVAILABLE', what)
    }
    await sleep(pollMs)
  }
}
