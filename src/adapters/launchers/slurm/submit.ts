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
 * How a call of sbatch ended. `unanswered`: the call is over, but its job may or may not be submitted. `lost`: its process
 * is gone without a recorded end.
 */
export type Submission =
  | { readonly end: 'submitted'; readonly id: string }
  | { readonly end: 'refused' | 'unanswered'; readonly said: string }
  | { readonly end: 'lost'; readonly at: Date }

/** Each call of sbatch has a numbered folder in the attempt: `submit-1`, `submit-2`, … */
const submitFolder = (attempt: string, n: number): string => join(attempt, `submit-${n}`)

/** Number of sbatch calls of an attempt. */
export async function submissions(attempt: string): Promise<number> {
  const names = await readdir(attempt).catch(() => [])
  return Math.max(0, ...names.map(name => Number(/^submit-(\d+)$/.exec(name)?.[1] ?? 0)))
}

/**
 * Makes the nth call of sbatch exactly once, however many processes request it: a process that outlives this one takes the
 * folder and records the output. A kill of this process therefore never leaves an unrecorded sbatch call.
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
 * Result of the nth call; waits up to `patienceMs` while it runs. A running call may still submit a job, so it is not
 * killed, and no other call starts meanwhile.
 * @throws STEERFLOW_LAUNCHER_UNAVAILABLE if it is still running
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
