import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { logEnd } from '../../adapters/launchers/exec/attempt.js'
import { below } from '../../adapters/storage/below.js'
import { attemptFolder } from '../../adapters/launchers/job-folder.js'
import { type JobEvent, JobState } from '../../domain/job.js'
import { isOpen } from '../../domain/job-states.js'
import type { Session, Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { interrupts } from '../run/interrupts.js'
import { decisionText, gateLines } from '../training/datasets.js'
import { isGone } from '../training/gone.js'
import { jobNamed, type Step, type JobHistory, jobHistories, eventOf, cancelJob } from '../training/jobs.js'
import { lookInWorkspace, type Workspace, inWorkspace } from '../workspace.js'
import { jobBytes } from '../../adapters/launchers/stored-jobs.js'
import { size } from '../doctor/units.js'
import { oneLine, table } from '../render/bars.js'
import { duration } from '../render/progress.js'
import { wholeNumber } from '../flags.js'
import { gcCommand } from './gc.js'
import { addLint } from './jobs-lint.js'
import { addRetry } from './jobs-retry.js'

type ShowFlags = ConfigFlags & { readonly json?: true; readonly follow?: true }

/** Polling interval of `--follow`, in milliseconds. */
const followMs = 500

/** Limit on the log bytes to show: the log of a job that runs for weeks may exceed the memory. */
const longestLog = 64 << 20

const logOf = ({ root }: Workspace, job: JobEvent): Promise<string> =>
  logEnd(below(root, attemptFolder(job)), longestLog)

const stepLine = ({ at, state, attempt, host, detail }: Step): string =>
  `  ${[at, `${state} ${attempt}`, host ?? '', detail ?? ''].filter(Boolean).join('  ')}\n`

/** Adds `jobs show`: one job. */
export function addShow(group: Command, session: Session): void {
  const show = group
    .command('show')
    .description('Show a job: its decision with the gates, its steps, and the end of its log.')
    .argument('<job>')
    .option('--json', 'print JSON')
    .option('--follow', 'wait for further steps until the job ends')
  withConfig(show).action((name: string, flags: ShowFlags) =>
    lookInWorkspace(configOf(flags), async workspace => {
      const { job, steps, since } = await jobNamed(workspace.log, name)
      const log = await logOf(workspace, job)
      if (flags.json) {
        await session.json({ ...job, since, events: steps, log })
        return
      }
      // Before the first line: a signal after it must end the command in good order.
      const stop = flags.follow ? interrupts() : null
      try {
        await session.out(`${decisionText(job)}\n`)
        for (const line of gateLines(job.decision)) await session.out(`  ${line}\n`)
        const gone = isGone(workspace.root, job.snapshot.path) ? ' (no longer here)' : ''
        await session.out(`snapshot  ${job.snapshot.path}${gone}\nfolder    ${job.folder ?? 'none yet'}\nsteps\n`)
        for (const step of steps) await session.out(stepLine(step))
        if (log) await session.out(`log\n${log.trimEnd().split('\n').slice(-20).join('\n')}\n`)
        if (stop)
          await follow(workspace, name, { steps: steps.length, log, attempt: job.attempt }, session, stop.signal)
      } finally {
        stop?.release()
      }
    }),
  )
}

/** Prints new steps and new log text until the job ends or the command is interrupted. */
async function follow(
  workspace: Workspace,
  name: string,
  from: { readonly steps: number; readonly log: string; readonly attempt: number },
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  let seen = from
  for (;;) {
    const { job, steps } = await jobNamed(workspace.log, name)
    const log = await logOf(workspace, job)
    await session.out(log.slice(job.attempt === seen.attempt ? seen.log.length : 0))
    for (const step of steps.slice(seen.steps)) await session.out(stepLine(step))
    seen = { steps: steps.length, log, attempt: job.attempt }
    if (!isOpen(job.state) || signal.aborted) return
    await sleep(followMs, undefined, { signal }).catch(() => undefined)
  }
}

interface ListFlags extends ConfigFlags {
  readonly dataset?: string
  readonly state?: JobState
  readonly json?: true
}

const row = ({ job }: JobHistory, bytes: number, now: number): readonly string[] => [
  job.job,
  job.state,
  String(job.attempt),
  `${job.trainer} (${job.launcher})`,
  duration((now - Date.parse(job.at)) / 1000),
  bytes === 0 ? '' : size(bytes),
  oneLine(job.detail ?? (job.state === 'refused' ? job.decision.rule : ''), 60),
]

/** Adds `jobs list`: one row per job. */
export function addList(group: Command, session: Session): void {
  const list = group
    .command('list')
    .description('List the jobs, one row each: state, time in it, and cause.')
    .option('--dataset <name>', 'only jobs of this dataset')
    .addOption(new Option('--state <state>', 'only jobs in this state').choices(JobState.options))
    .option('--json', 'print JSON lines')
  withConfig(list).action((flags: ListFlags) =>
    lookInWorkspace(configOf(flags), async ({ log, root }) => {
      const { dataset, state } = flags
      const found = [...(await jobHistories(log)).values()].filter(
        ({ job }) => (dataset ?? job.dataset) === job.dataset && (state ?? job.state) === job.state,
      )
      const bytes = new Map<string, number>()
      for (const { job } of found) bytes.set(job.job, await jobBytes(root, job.job))
      const bytesOf = ({ job }: JobHistory): number => bytes.get(job.job) ?? 0
      if (flags.json) for (const one of found) await session.json({ ...one.job, since: one.since, bytes: bytesOf(one) })
      else if (found.length === 0) await session.out('no jobs\n')
      else {
        const header = ['job', 'state', 'attempt', 'trainer', 'for', 'on disk', 'detail']
        const rows = found.map(one => row(one, bytesOf(one), Date.now()))
        await session.out(`${table([header, ...rows], [0, 1, 3, 5, 6]).join('\n')}\n`)
      }
    }),
  )
}

/** `jobs list|show|retry|cancel|lint|gc`: training jobs and the decisions behind them. */
export const jobs: Verb = (program, session) => {
  const group = program
    .command('jobs')
    .description('List, show, retry, cancel and lint training jobs.')
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow jobs list --state failed\n  steerflow jobs show value-model-1a2b3c4d5e6f-baseline --follow\n',
    )

  addList(group, session)
  addShow(group, session)
  addRetry(group, session)

  const cancel = group
    .command('cancel')
    .description(
      'Cancel a waiting or running job, wherever it was launched; a job that was not launched yet never starts.',
    )
    .argument('<job>')
  withConfig(cancel).action((name: string, flags: ConfigFlags) =>
    inWorkspace(configOf(flags), async workspace => {
      const { job } = await jobNamed(workspace.log, name)
      await cancelJob(workspace, eventOf(job))
      await session.out(`cancelled ${name}, attempt ${job.attempt}\n`)
    }),
  )

  addLint(group, session)
  gcCommand(group, session, 'job', wholeNumber(1))
}
