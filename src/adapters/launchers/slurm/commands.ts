import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import { SteerflowError } from '../../../domain/errors.js'

/** A job as Slurm describes it. */
export interface SlurmJob {
  readonly id: string
  readonly state: string
  /** Why it waits, or how it ended; empty where Slurm says nothing. */
  readonly reason: string
}

/** Milliseconds after which a command of Slurm counts as hanging. */
const patience = 60_000

/**
 * Runs a command of Slurm and returns what it printed.
 * @throws STEERFLOW_LAUNCHER_UNAVAILABLE with what it said, when it fails: the controller or its database is away.
 */
function slurm(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: patience, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else {
        const said = stderr.trim() || error.message
        reject(new SteerflowError('STEERFLOW_LAUNCHER_UNAVAILABLE', `${command}: ${said}`, { cause: error }))
      }
    })
  })
}

const rows = (text: string): SlurmJob[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [id = '', state = '', ...reason] = line.split('|')
      return { id, state, reason: reason.filter(part => part !== '' && part !== 'None').join(', ') }
    })

/** Jobs of that name which the controller knows: all that have not ended, and those that ended lately. */
export const queued = async (name: string): Promise<readonly SlurmJob[]> => {
  const own = [`--user=${userInfo().username}`, `--name=${name}`]
  return rows(await slurm('squeue', ['--noheader', '--states=all', ...own, '--format=%i|%T|%r']))
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
