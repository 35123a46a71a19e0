import type { Command } from 'commander'
import { SteerflowError } from '../../domain/errors.js'
import type { JobEvent } from '../../domain/job.js'
import { advances } from '../../domain/job-states.js'
import type { ShardEvent } from '../../domain/shard.js'
import { encode } from '../../stages/node.js'
import { jobs, shards } from '../../topics.js'
import type { Session } from '../command.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { readTopic } from '../read-topic.js'
import { decisionsOn } from '../training/datasets.js'
import { goneWords } from '../training/gone.js'
import { eventOf, jobNamed } from '../training/jobs.js'
import { inWorkspace, type Workspace } from '../workspace.js'

type RetryFlags = ConfigFlags & { readonly force?: true }

/** `jobs retry`: requests a job again; with `--force`, also a job that the gates refused. */
export function addRetry(group: Command, session: Session): void {
  const retry = group
    .command('retry')
    .description('Request a job again that failed, was cancelled or has an unknown outcome; `steerflow run` starts it.')
    .argument('<job>')
    .option('--force', 'also retry a refused job; the decision to overrule its gates is recorded as yours')
  withConfig(retry).action((name: string, flags: RetryFlags) =>
    inWorkspace(configOf(flags), async workspace => {
      const { superseded_by: _, ...job } = eventOf((await jobNamed(workspace.log, name)).job)
      if (job.state === 'refused') return overrule(workspace, job, flags, session)
      const request: JobEvent = { ...job, state: 'requested', detail: null, model: null }
      if (!advances(job, request))
        throw new SteerflowError('STEERFLOW_USAGE', `${name} is ${job.state}: nothing to retry`)
      warnOfRemoved(workspace, job, session)
      await workspace.log.publish([encode(jobs, request)])
      await session.out(`requested ${name}, attempt ${job.attempt + 1}\n`)
    }),
  )
}

/** Warns if the job's snapshot is no longer here. */
function warnOfRemoved({ root }: Workspace, { job, snapshot }: JobEvent, session: Session): void {
  const gone = goneWords(root, snapshot.path)
  if (gone) session.err(`warning: the snapshot of ${job}, ${gone}; without it the job fails\n`)
}

/**
 * Requests a job against its gates. If the last decision on the dataset refused it, the same transaction notifies the
 * trigger, so that the job's training data no longer counts as new.
 */
async function overrule(workspace: Workspace, job: JobEvent, flags: RetryFlags, session: Session): Promise<void> {
  const { log } = workspace
  if (!flags.force) {
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      `${job.job} was refused: ${job.decision.rule}; --force requests it anyway`,
    )
  }
  if (job.trainer === 'none')
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      `no trainer is set for ${job.dataset}: see datasets.${job.dataset}.trainer`,
    )
  const decision = {
    ...job.decision,
    train: true,
    rule: `overruled: ${job.decision.rule}`,
    decided_by: 'person' as const,
  }
  const last = decisionsOn(await readTopic(log, jobs), job.dataset).at(-1)
  const told: ShardEvent = {
    dataset: job.dataset,
    event: 'overruled',
    at: new Date().toISOString(),
    manifest: null,
  }
  warnOfRemoved(workspace, job, session)
  await log.publish([
    encode(jobs, { ...job, state: 'requested', decision }),
    ...(last?.job === job.job ? [encode(shards, told)] : []),
  ])
  await session.out(`requested ${job.job} against ${job.decision.rule}, attempt ${job.attempt + 1}\n`)
}
