import { z } from 'zod'
import { KubernetesSettings } from './kubernetes/settings.js'
import { SlurmSettings } from './slurm/settings.js'
import { WebhookSettings } from './webhook/settings.js'

/** How jobs run on this machine. */
export const ExecSettings = z.strictObject({
  maxJobs: z
    .int()
    .positive()
    .default(1)
    .describe('limit on concurrent jobs on this machine, over all datasets; further jobs wait'),
  environment: z
    .array(z.string().regex(/^[A-Za-z_]\w*$/))
    .default([])
    .describe(
      'environment variables to pass to jobs in addition to PATH, HOME, CUDA*, NCCL*, HF_* and similar; secrets must be listed',
    ),
})
export type ExecSettings = z.output<typeof ExecSettings>

/** Where training jobs run. */
export const LauncherSettings = z.strictObject({
  exec: ExecSettings.prefault({}).describe('this machine'),
  slurm: SlurmSettings.prefault({}).describe('a Slurm cluster'),
  kubernetes: KubernetesSettings.prefault({}).describe('a Kubernetes cluster'),
  webhook: WebhookSettings.prefault({}).describe('your own system, called by HTTP'),
})
export type LauncherSettings = z.output<typeof LauncherSettings>
