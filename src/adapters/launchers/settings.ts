import { z } from 'zod'
import { KubernetesSettings } from './kubernetes/settings.js'
import { SlurmSettings } from './slurm/settings.js'
import { WebhookSettings } from './webhook/settings.js'

/** Where training jobs run that do not run on this machine. */
export const LauncherSettings = z.strictObject({
  slurm: SlurmSettings.prefault({}).describe('a Slurm cluster'),
  kubernetes: KubernetesSettings.prefault({}).describe('a Kubernetes cluster'),
  webhook: WebhookSettings.prefault({}).describe('a system of one’s own, asked by HTTP'),
})
export type LauncherSettings = z.output<typeof LauncherSettings>
