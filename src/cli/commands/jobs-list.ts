import { type Command, Option } from 'commander'
import { JobState } from '../../domain/job.js'
import { type Session } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { oneLine, table } from '../render/bars.js'
import { duration } from '../render/progress.js'
import { type JobHistory, jobHistories } from '../training/jobs.js'
import { inWorkspace } from '../workspace.js'

interface ListFlags extends ConfigFlags {
  readonly dataset?: string
  readonly state?: JobState
  readonly json?: true
}

const row = ({ job }: JobHistory, now: number): readonly string[] => [
  job.job,
  job.state,
  String(job.attempt),
  `${job.trainer} (${job.launcher})`,
  duration((now - Date.parse(job.at)) / 1000),
  oneLine(job.detail ?? (job.state === 'refused' ? job.decision.rule : ''), 60),
]

/** `jobs list`: one row a job. */
export function addList(group: Command, session: Session): void {
  const list = group
    .command('list')
    .description('One row a job: its state, for how long, and why.')
    .option('--dataset <name>', 'only those of one dataset')
    .addOption(new Option('--state <state>', 'only those in one state').choices(JobState.options))
    .option('--json', 'print JSON lines')
  withConfig(list).action((flags: ListFlags) =>
    inWorkspace(configOf(flags), async ({ log }) => {
      const { dataset, state } = flags
      const found = [...(await jobHistories(log)).values()].filter(
        ({ job }) => (dataset ?? job.dataset) === job.dataset && (state ?? job.state) === job.state,
      )
      if (flags.json) for (const { job, since } of found) session.out(`${JSON.stringify({ ...job, since })}\n`)
      else if (found.length === 0) session.out('no jobs\n')
      else {
        const header = ['job', 'state', 'attempt', 'trainer', 'for', 'detail']
        const rows = found.map(one => row(one, Date.now()))
        session.out(`${table([header, ...rows], [0, 1, 3, 5]).join('\n')}\n`)
      }
    }),
  )
}
