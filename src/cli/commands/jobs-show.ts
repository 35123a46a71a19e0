import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command } from 'commander'
import { attemptFiles } from '../../adapters/launchers/exec/attempt.js'
import { attemptFolder } from '../../adapters/launchers/job-folder.js'
import { type JobEvent } from '../../domain/job.js'
import { isOpen } from '../../domain/job-states.js'
import { type Session } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { interrupts } from '../run/interrupts.js'
import { decisionText, gateLines } from '../training/datasets.js'
import { jobNamed, type Step } from '../training/jobs.js'
import { inWorkspace, type Workspace } from '../workspace.js'

type ShowFlags = ConfigFlags & { readonly json?: true; readonly follow?: true }

/** Milliseconds between two looks at a job that is followed. */
const followMs = 500

const logOf = ({ root }: Workspace, job: JobEvent): Promise<string> =>
  readFile(join(root, attemptFolder(job), attemptFiles.log), 'utf8').catch(() => '')

const stepLine = ({ at, state, attempt, host, detail }: Step): string =>
  `  ${[at, `${state} ${attempt}`, host ?? '', detail ?? ''].filter(Boolean).join('  ')}\n`

/** `jobs show`: one job. */
export function addShow(group: Command, session: Session): void {
  const show = group
    .command('show')
    .description('One job: the decision with its gates, every step, and the end of its log.')
    .argument('<job>')
    .option('--json', 'print JSON')
    .option('--follow', 'wait for more steps until the job has ended')
  withConfig(show).action((name: string, flags: ShowFlags) =>
    inWorkspace(configOf(flags), async workspace => {
      const { job, steps, since } = await jobNamed(workspace.log, name)
      const log = await logOf(workspace, job)
      if (flags.json) {
        session.out(`${JSON.stringify({ ...job, since, events: steps, log })}\n`)
        return
      }
      session.out(`${decisionText(job)}\n`)
      for (const line of gateLines(job.decision)) session.out(`  ${line}\n`)
      session.out(`snapshot  ${job.snapshot.path}\nfolder    ${job.folder ?? 'none yet'}\nsteps\n`)
      for (const step of steps) session.out(stepLine(step))
      if (log) session.out(`log\n${log.trimEnd().split('\n').slice(-20).join('\n')}\n`)
      if (flags.follow) await follow(workspace, name, { steps: steps.length, log, attempt: job.attempt }, session)
    }),
  )
}

/** Prints steps and what the job's log gains, until the job has ended or the command is interrupted. */
async function follow(
  workspace: Workspace,
  name: string,
  from: { readonly steps: number; readonly log: string; readonly attempt: number },
  session: Session,
): Promise<void> {
  const stop = interrupts()
  let seen = from
  try {
    for (;;) {
      const { job, steps } = await jobNamed(workspace.log, name)
      const log = await logOf(workspace, job)
      session.out(log.slice(job.attempt === seen.attempt ? seen.log.length : 0))
      for (const step of steps.slice(seen.steps)) session.out(stepLine(step))
      seen = { steps: steps.length, log, attempt: job.attempt }
      if (!isOpen(job.state) || stop.signal.aborted) return
      await sleep(followMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  } finally {
    stop.release()
  }
}
