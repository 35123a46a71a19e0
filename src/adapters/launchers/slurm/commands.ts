import { userInfo } from 'node:os'
import { SteerflowError } from '../../../domain/errors.js'
import type { Bounds } from '../../foreign-answer.js'
import { printed } from '../../processes/printed.js'

/** A job as Slurm describes it. */
export interface SlurmJob {
  readonly id: string
  readonly state: string
  /** Why it waits, or how it ended; empty where Slurm says nothing. */
  readonly reason: string
}

/** Of a command of Slurm: the longest list is of every job of that name. */
const usual: Bounds = { ms: 60_000, bytes: 16 << 20 }

/**
 * Runs a command of Slurm and returns what it printed.
 * @throws STEERFLOW_LAUNCHER_UNAVAILABLE with what it said, when it fails or does not end: the controller or its database
 * is away.
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

/** Jobs of that name which the controller knows: all that have not ended, and those that ended lately. */
export const queued = async (name: string, bounds?: Bounds): Promise<readonly SlurmJob[]> => {
  const own = [`--user=${userInfo().username}`, `--name=${name}`]
  return rows(await slurm('squeue', ['--noheader', '--states=all', ...own, '--format=%i|%T|%r'], bounds))
}

/**
 * Jobs of that name in the accounting database, newest last.
 * @param since without it sacct looks at today only
 */
export const accounted = async (name: string, since: Date): Promise<readonly SlurmJob[]> => {
  const from = `--starttime=${since.toISOString().slice(0, 10)}`
  const asked = ['--noheader', '--parsable2', '--allocations', `--name=${name}`, from]
  return rows(await slurm('sacct', [...asked, '--format=JobIDRaw,State,ExitCode']))
}

/** Asks for the end of a job. */
export const cancelled = async (id: string): Promise<void> => void (await slurm('scancel', [id]))

/** The version of a command, where it is installed. */
export const versionOf = (command: string): Promise<string> => slurm(command, ['--version']).then(text => text.trim())

/** The id in what `sbatch --parsable` printed: `4711`, or `4711;cluster`. Null when there is none. */
export const submittedId = (printed: string): string | null => /^(\d+)(;\S*)?$/m.exec(printed)?.[1] ?? null

/** What sbatch says when it is the controller that did not answer: the job may be submitted or not. */
export const isUnanswered = (said: string): boolean =>
  /unable to contact|timed out|connect failure|connection refused|communication|temporarily|transport|try again|retry/i.test(
    said,
  )
