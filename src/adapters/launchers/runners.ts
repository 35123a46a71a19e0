import { resolve } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'
import { type JobRunner, type JobRunners } from '../../stages/needs.js'
import { ExecRunner } from './exec/exec-runner.js'
import { KubernetesRunner } from './kubernetes/kubernetes-runner.js'
import { renderRunner } from './render.js'
import { type LauncherSettings } from './settings.js'
import { SlurmRunner } from './slurm/slurm-runner.js'
import { WebhookRunner } from './webhook/webhook-runner.js'

/** A launcher by its name: `render` writes the files of a job, `exec` runs it here, the others hand it to a system. */
const openers: Readonly<Record<string, (root: string, settings: LauncherSettings) => JobRunner>> = {
  render: root => renderRunner(root),
  exec: root => new ExecRunner(root),
  slurm: (root, { slurm }) => new SlurmRunner(root, slurm),
  kubernetes: (root, { kubernetes }) => new KubernetesRunner(root, kubernetes),
  webhook: (root, { webhook }) => new WebhookRunner(root, webhook),
}

/** Every launcher, for jobs of this data folder. */
export function openJobRunners(root: string, settings: LauncherSettings): JobRunners {
  const opened = new Map<string, JobRunner>()
  return {
    runner: launcher => {
      const open = Object.hasOwn(openers, launcher) ? openers[launcher] : undefined
      if (open === undefined) {
        const known = Object.keys(openers).join(', ')
        throw new SteerflowError('STEERFLOW_JOB_INVALID', `no launcher is called ${launcher}; known: ${known}`)
      }
      const runner = opened.get(launcher) ?? open(resolve(root), settings)
      opened.set(launcher, runner)
      return runner
    },
  }
}
