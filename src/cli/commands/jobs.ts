import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attemptFiles } from '../../adapters/launchers/exec/attempt.js'
import { attemptFolder } from '../../adapters/launchers/job-folder.js'
import { SteerflowError } from '../../domain/errors.js'
import { type JobEvent } from '../../domain/job.js'
import { advances, jobStates } from '../../domain/job-states.js'
import { encode } from '../../stages/bind.js'
import { jobs as topic } from '../../topics.js'
import { type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { oneLine, table } from '../render/bars.js'
import { decisionText } from '../training/datasets.js'
import { inWorkspace, type Workspace } from '../workspace.js'
import { cancelJob } from '../training/cancel-job.js'
import { addLint } from './jobs-lint.js'

type JsonFlags = ConfigFlags & { readonly json?: true }

/** A job with its history. @throws STEERFLOW_USAGE when there is none of that name. */
async function jobNamed({ log }: Workspace, name: string): Promise<{ job: JobEvent; events: readonly JobEvent[] }> {
  const events = await readTopic(log, topic)
  const job = jobStates(events).get(name)
  if (job) return { job, events: events.filter(event => event.job === name) }
  throw new SteerflowError('STEERFLOW_USAGE', `there is no job ${name}; see steerflow jobs list`)
}

const logOf = ({ root }: Workspace, job: JobEvent): Promise<string> =>
  readFile(join(root, attemptFolder(job), attemptFiles.log), 'utf8').catch(() => '')

const row = ({ job, state, attempt, trainer, launcher, detail }: JobEvent): readonly string[] => [
  job,
  state,
  String(attempt),
  `${trainer} (${launcher})`,
  oneLine(detail ?? '', 60),
]

/** `jobs list|show|retry|cancel|lint`: training jobs and why they were asked for. */
export const jobs: Verb = (program, session) => {
  const group = program
    .command('jobs')
    .description('Training jobs: their states, decisions and logs; retry or cancel one.')
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow jobs list\n  steerflow jobs show value-model-1a2b3c4d5e6f-baseline\n',
    )

  const list = group.command('list').description('One row a job.').option('--json', 'print JSON lines')
  withConfig(list).action((flags: JsonFlags) =>
    inWorkspace(configOf(flags), async ({ log }) => {
      const states = [...jobStates(await readTopic(log, topic)).values()]
      if (flags.json) for (const job of states) session.out(`${JSON.stringify(job)}\n`)
      else if (states.length === 0) session.out('no jobs\n')
      else {
        const header = ['job', 'state', 'attempt', 'trainer', 'detail']
        session.out(`${table([header, ...states.map(row)], [0, 1, 3, 4]).join('\n')}\n`)
      }
    }),
  )

  const show = group
    .command('show')
    .description('One job: the decision, every step, and the end of its log.')
    .argument('<job>')
    .option('--json', 'print JSON')
  withConfig(show).action((name: string, flags: JsonFlags) =>
    inWorkspace(configOf(flags), async workspace => {
      const { job, events } = await jobNamed(workspace, name)
      const log = await logOf(workspace, job)
      if (flags.json) {
        session.out(`${JSON.stringify({ ...job, events, log })}\n`)
        return
      }
      session.out(`${decisionText(job)}\nsnapshot  ${job.snapshot.path}\nfolder    ${job.folder ?? 'none yet'}\n`)
      for (const { state, attempt, host, detail } of events) {
        session.out(`  ${[`${state} ${attempt}`, host ?? '', detail ?? ''].filter(Boolean).join('  ')}\n`)
      }
      if (log) session.out(`log\n${log.trimEnd().split('\n').slice(-20).join('\n')}\n`)
    }),
  )

  const retry = group
    .command('retry')
    .description('Ask again for a job that failed, was cancelled, or whose end is unknown; `steerflow run` starts it.')
    .argument('<job>')
  withConfig(retry).action((name: string, flags: ConfigFlags) =>
    inWorkspace(configOf(flags), async workspace => {
      const { job } = await jobNamed(workspace, name)
      const request: JobEvent = { ...job, state: 'requested', detail: null, model: null }
      if (!advances(job, request))
        throw new SteerflowError('STEERFLOW_USAGE', `${name} is ${job.state}: nothing to retry`)
      await workspace.log.publish([encode(topic, request)])
      session.out(`requested ${name}, attempt ${job.attempt + 1}\n`)
    }),
  )

  const cancel = group
    .command('cancel')
    .description('End a job that waits or runs, wherever it was launched; one that was not launched yet never is.')
    .argument('<job>')
  withConfig(cancel).action((name: string, flags: ConfigFlags) =>
    inWorkspace(configOf(flags), async workspace => {
      const { job } = await jobNamed(workspace, name)
      await cancelJob(workspace, job)
      session.out(`cancelled ${name}, attempt ${job.attempt}\n`)
    }),
  )

  addLint(group, session)
}
