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
    .describe('jobs under way at once on this machine, of all datasets together; the others wait for their turn'),
  environment: z
    .array(z.string().regex(/^[A-Za-z_]\w*$/))
    .default([])
    .describe(
      'variables of this process that jobs get, by name, beside PATH, HOME, CUDA*, NCCL*, HF_* and the like; secrets only so',
    ),
})
export type ExecSettings = z.output<typeof ExecSettings>

/** Where training jobs run. */
export const LauncherSettings = z.strictObject({
  exec: ExecSettings.prefault({}).describe('this machine'),
  slurm: SlurmSettings.prefault({}).describe('a Slurm cluster'),
  kubernetes: KubernetesSettings.prefault({}).describe('a Kubernetes cluster'),
  webhook: WebhookSettings.prefault({}).describe('a system of one’s own, asked by HTTP'),
})
export type LauncherSettings = z.output<typeof LauncherSettings>
