import { z } from 'zod'

/** A word that can stand in a line of an sbatch script without quoting. */
const word = z.string().regex(/^[\w@%+=:,./*()[\]-]*$/, 'expected no spaces, quotes or backslashes')

/** How jobs are handed to Slurm. What stands here goes into the head of each sbatch script. */
export const SlurmSettings = z.strictObject({
  account: word.default('').describe('account that is charged; empty: the default of the user'),
  partition: word.default('').describe('partition; empty: the default of the cluster'),
  qos: word.default('').describe('quality of service; empty: none'),
  time: z
    .string()
    .regex(/^\d+(-\d+)?(:\d+){0,2}$/, 'expected minutes, or hours:minutes:seconds, or days-hours')
    .default('4:00:00')
    .describe('longest that a job may run'),
  cpusPerTask: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('processors of each task; null: as the cluster has it'),
  memory: word.default('').describe('memory of each node, like 64G; empty: as the cluster has it'),
  gpus: z
    .int()
    .nonnegative()
    .nullable()
    .default(null)
    .describe('GPUs of each node; null: as many devices as the trainer is set to'),
  exclusive: z.boolean().default(false).describe('whether a job has its nodes to itself'),
  options: z
    .record(z.string().regex(/^[a-z][a-z-]*$/), word)
    .default({})
    .describe('further long options of sbatch, by name: constraint, reservation, …'),
  container: z.string().default('').describe('image of the container for srun (pyxis); empty: no container'),
  mounts: z
    .array(z.string().regex(/^[^\s,][^\s,:]*:[^\s,]+$/, 'expected source:target or source:target:ro'))
    .default([])
    .describe('mounts of the container beside the data folder, as source:target or source:target:ro'),
  environment: z
    .array(z.string().regex(/^[A-Za-z_]\w*$/))
    .default([])
    .describe('variables of this process that jobs get, by name; no others but PATH, HOME and the like are passed on'),
  pollSeconds: z.number().positive().default(30).describe('seconds between two looks at a job'),
  minJobAgeSeconds: z
    .number()
    .nonnegative()
    .default(300)
    .describe('MinJobAge of slurm.conf: for so long squeue still shows a job that has ended'),
  accountingLagSeconds: z
    .number()
    .nonnegative()
    .default(120)
    .describe('longest that sacct may take to show the end of a job that squeue shows no more'),
})
export type SlurmSettings = z.output<typeof SlurmSettings>
