import { type Verb } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { cancelJob } from '../training/cancel-job.js'
import { eventOf, jobNamed } from '../training/jobs.js'
import { inWorkspace } from '../workspace.js'
import { addLint } from './jobs-lint.js'
import { addList } from './jobs-list.js'
import { addRetry } from './jobs-retry.js'
import { addShow } from './jobs-show.js'

/** `jobs list|show|retry|cancel|lint`: training jobs and why they were asked for. */
export const jobs: Verb = (program, session) => {
  const group = program
    .command('jobs')
    .description('Training jobs: their states, decisions and logs; retry or cancel one.')
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow jobs list --state failed\n  steerflow jobs show value-model-1a2b3c4d5e6f-baseline --follow\n',
    )

  addList(group, session)
  addShow(group, session)
  addRetry(group, session)

  const cancel = group
    .command('cancel')
    .description('End a job that waits or runs, wherever it was launched; one that was not launched yet never is.')
    .argument('<job>')
  withConfig(cancel).action((name: string, flags: ConfigFlags) =>
    inWorkspace(configOf(flags), async workspace => {
      const { job } = await jobNamed(workspace.log, name)
      await cancelJob(workspace, eventOf(job))
      session.out(`cancelled ${name}, attempt ${job.attempt}\n`)
    }),
  )

  addLint(group, session)
}
