import { userInfo } from 'node:os'
import { SteerflowError } from '../../../domain/errors.js'
import type { Bounds } from '../../foreign-answer.js'
import { printed } from '../../processes/printed.js'

/** A job as Slurm describes it. */
export interface SlurmJob {
  readonly id: string
  readonly state: string
  /** Why it waits, or how it ended; empty if Slurm gives no reason. */
  readonly reason: string
}

/** Limits of a Slurm command; the longest list has every job with a name. */
const usual: Bounds = { ms: 60_000, bytes: 16 << 20 }

/**
 * Runs a Slurm command and returns its output.
 * @throws STEERFLOW_LAUNCHER_UNAVAILABLE with the output if the command fails or hangs: the controller or its database is
 * down
 */
const slurm = (command: string, args: readonly string[], bounds: Bounds = usual): Promise<string> =>
  printed(command, args, bounds).catch((cause: Error) => {
    throw new SteerflowError('STEERFLOW_LAUNCHER_UNAVAILABLE', `${command}: ${cause.message}`, { cause })
  })

const rows = (text: string): SlurmJob[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [id = '', state = '', ...reason] = line.split('|')
      return { id, state, reason: reason.filter(part => part !== '' && part !== 'None').join(', ') }
    })

/** Jobs with this name that the controller knows: all unfinished ones, and those that ended recently. */
export const queued = async (name: string, bounds?: Bounds): Promise<readonly SlurmJob[]> => {
  const own = [`--user=${userInfo().username}`, `--name=${name}`]
  return rows(await slurm('squeue', ['--noheader', '--states=all', ...own, '--format=%i|%T|%r'], bounds))
}

/**
 * Jobs with this name in the accounting database, newest last.
 * @param since start of the search; without it sacct searches only today
 */
export const accounted = async (name: string, since: Date): Promise<readonly SlurmJob[]> => {
  const from = `--starttime=${since.toISOString().slice(0, 10)}`
  const asked = ['--noheader', '--parsable2', '--allocations', `--name=${name}`, from]
  return rows(await slurm('sacct', [...asked, '--format=JobIDRaw,State,ExitCode']))
}

/** Cancels a job. */
export const cancelled = async (id: string): Promise<void> => void (await slurm('scancel', [id]))

/** The version of a command, if it is installed. */
export const versionOf = (command: string): Promise<string> => slurm(command, ['--version']).then(text => text.trim())

/** The id in the output of `sbatch --parsable`: `4711`, or `4711;cluster`; null if there is none. */
export const submittedId = (printed: string): string | null => /^(\d+)(;\S*)?$/m.exec(printed)?.[1] ?? null

/** True for messages of sbatch about a controller that did not answer: the job may or may not be submitted. */
export const isUnanswered = (said: string): boolean =>
  /unable to contact|timed out|connect failure|connection refused|communication|temporarily|transport|try again|retry/i.test(
    said,
  )
