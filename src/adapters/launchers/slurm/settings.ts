import { z } from 'zod'
import { timerSeconds, waitSeconds } from '../../../domain/duration.js'

/** A word that needs no quoting in an sbatch script. */
const word = z.string().regex(/^[\w@%+=:,./*()[\]-]*$/, 'expected no spaces, quotes or backslashes')

/** How jobs are submitted to Slurm. These settings go into the head of each sbatch script. */
export const SlurmSettings = z.strictObject({
  account: word.default('').describe('account to charge; empty: the default of the user'),
  partition: word.default('').describe('partition; empty: the default of the cluster'),
  qos: word.default('').describe('quality of service; empty: none'),
  time: z
    .string()
    .regex(/^\d+(-\d+)?(:\d+){0,2}$/, 'expected minutes, or hours:minutes:seconds, or days-hours')
    .default('4:00:00')
    .describe('time limit of a job'),
  cpusPerTask: z.int().positive().nullable().default(null).describe('CPUs per task; null: the default of the cluster'),
  memory: word.default('').describe('memory per node, like 64G; empty: the default of the cluster'),
  gpus: z
    .int()
    .nonnegative()
    .nullable()
    .default(null)
    .describe('GPUs per node; null: the number of devices configured for the trainer'),
  exclusive: z.boolean().default(false).describe('give a job exclusive use of its nodes'),
  options: z
    .record(z.string().regex(/^[a-z][a-z-]*$/), word)
    .default({})
    .describe('further long options of sbatch, by name: constraint, reservation, …'),
  container: z.string().default('').describe('image of the container for srun (pyxis); empty: no container'),
  mounts: z
    .array(z.string().regex(/^[^\s,][^\s,:]*:[^\s,]+$/, 'expected source:target or source:target:ro'))
    .default([])
    .describe(
      'further mounts of the container, as source:target or source:target:ro; the data folder is always mounted',
    ),
  environment: z
    .array(z.string().regex(/^[A-Za-z_]\w*$/))
    .default([])
    .describe('environment variables to pass to jobs, in addition to PATH, HOME and similar'),
  pollSeconds: timerSeconds().default(30).describe('polling interval of a job'),
  minJobAgeSeconds: waitSeconds()
    .default(300)
    .describe('MinJobAge of slurm.conf: how long squeue still shows a finished job'),
  accountingLagSeconds: waitSeconds()
    .default(120)
    .describe('how long sacct may take to show the end of a job that squeue no longer shows'),
})
export type SlurmSettings = z.output<typeof SlurmSettings>
