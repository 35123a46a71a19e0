import type { Command } from 'commander'
import { readSmallSync } from '../../adapters/storage/small-file.js'
import { SteerflowError } from '../../domain/errors.js'
import { jobStates } from '../../domain/job-states.js'
import { jobs as topic } from '../../topics.js'
import type { LintFinding } from '../../trainers/lint/finding.js'
import { exitCodes, type Session } from '../command.js'
import type { Config } from '../config.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { jobsAhead, lintDatasets, type Linted, lintJobs, lintScript } from '../training/lint.js'
import { lookInWorkspace } from '../workspace.js'

type Flags = ConfigFlags & { readonly file?: string; readonly json?: true }

/** The text of a file; `-` is standard input. */
function script(file: string): string {
  try {
    return readSmallSync(file === '-' ? '/dev/stdin' : file)
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `${file} cannot be read as a script`, { cause })
  }
}

const look = (name: string | undefined, config: Config, scratch: boolean): Promise<Linted> =>
  lookInWorkspace(
    config,
    async ({ log }) => {
      const states = jobStates(await readTopic(log, topic))
      if (name === undefined) {
        const [asked, next] = [lintJobs(jobsAhead(states.values()), config), lintDatasets(config)]
        return { jobs: [...asked.jobs, ...next.jobs], findings: [...asked.findings, ...next.findings] }
      }
      const job = states.get(name)
      if (job) return lintJobs([job], config)
      throw new SteerflowError('STEERFLOW_USAGE', `there is no job ${name}; see steerflow jobs list`)
    },
    { scratch: () => scratch },
  )

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** Number of findings by severity, and number of jobs. */
function summary({ jobs, findings }: Linted): string {
  const of = (severity: LintFinding['severity']) => findings.filter(finding => finding.severity === severity).length
  const counts = [counted(of('error'), 'error'), counted(of('warning'), 'warning'), counted(of('note'), 'note')]
  return `${counts.join(', ')} in ${counted(jobs.length, 'training job')}`
}

/** `jobs lint`: reports problems of training jobs without changing anything. */
export function addLint(group: Command, session: Session): void {
  const command = group
    .command('lint')
    .description(
      'Report problems of training jobs, in this workspace or in a shell script; changes nothing; exit code 1 if there are errors.',
    )
    .argument('[job]', 'one job (default: pending jobs, and the next job of each dataset)')
    .option('--file <script>', 'shell script with training commands, such as the tutorial’s; - is standard input')
    .option('--json', 'print JSON lines, one per finding')
    .addHelpText('after', '\nExamples:\n  steerflow jobs lint\n  steerflow jobs lint --file tutorial.sh --json\n')
  withConfig(command).action(async (name: string | undefined, flags: Flags) => {
    if (name !== undefined && flags.file !== undefined) {
      throw new SteerflowError('STEERFLOW_USAGE', 'give a job or --file, not both')
    }
    const config = configOf(flags)
    // The next job of each dataset can be linted before the first record arrives.
    const found =
      flags.file === undefined
        ? await look(name, config, name === undefined && flags.dataDir === undefined)
        : lintScript(script(flags.file), config)
    if (flags.json) for (const finding of found.findings) await session.json(finding)
    else {
      for (const { severity, rule, subject, text, next } of found.findings) {
        await session.out(`${severity} ${rule}: ${subject}\n  ${text}\n  next: ${next}\n`)
      }
      await session.out(`${summary(found)}\n`)
    }
    if (found.findings.some(({ severity }) => severity === 'error')) session.exit(exitCodes.failed)
    else if (flags.file !== undefined && found.jobs.length === 0) {
      session.err(`${flags.file}: no command of a training job is found in it\n`)
      session.exit(exitCodes.rejected)
    }
  })
}
