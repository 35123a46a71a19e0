import type { RenderingRunner, JobRunner, JobRunners } from '../../stages/needs.js'
import type { Trainer } from '../../trainers/trainer.js'
import { writeJobFolder } from './job-folder.js'
import { resolve } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'
import { trainers as builtIn } from '../../trainers/trainers.js'
import { ExecRunner } from './exec/exec-runner.js'
import { KubernetesRunner } from './kubernetes/kubernetes-runner.js'
import type { LauncherSettings } from './settings.js'
import { SlurmRunner } from './slurm/slurm-runner.js'
import { WebhookRunner } from './webhook/webhook-runner.js'

/** Writes a job's files to be run elsewhere. */
export const renderRunner = (root: string, trainers: readonly Trainer[]): RenderingRunner => ({
  rendersOnly: true,
  render: job => writeJobFolder(root, job, trainers),
})

/** The launchers by name: `render` writes the files of a job, `exec` runs it here, the others submit it to a system. */
const openers: Readonly<
  Record<string, (root: string, settings: LauncherSettings, trainers: readonly Trainer[]) => JobRunner>
> = {
  render: (root, _, trainers) => renderRunner(root, trainers),
  exec: (root, { exec }, trainers) => new ExecRunner(root, { environment: exec.environment }, trainers),
  slurm: (root, { slurm }, trainers) => new SlurmRunner(root, slurm, trainers),
  kubernetes: (root, { kubernetes }, trainers) => new KubernetesRunner(root, kubernetes, trainers),
  webhook: (root, { webhook }, trainers) => new WebhookRunner(root, webhook, trainers),
}

/**
 * Every launcher, for jobs of this data folder.
 * @param trainers known trainers; default: the built-in ones
 */
export function openJobRunners(
  root: string,
  settings: LauncherSettings,
  trainers: readonly Trainer[] = builtIn,
): JobRunners {
  const opened = new Map<string, JobRunner>()
  return {
    runner: launcher => {
      const open = Object.hasOwn(openers, launcher) ? openers[launcher] : undefined
      if (open === undefined) {
        const known = Object.keys(openers).join(', ')
        throw new SteerflowError('STEERFLOW_JOB_INVALID', `no launcher is called ${launcher}; known: ${known}`)
      }
      const runner = opened.get(launcher) ?? open(resolve(root), settings, trainers)
      opened.set(launcher, runner)
      return runner
    },
  }
}
