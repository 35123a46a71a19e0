import { SteerflowError } from '../../../domain/errors.js'
import { shellWord } from '../../../trainers/literals.js'
import type { Rendered } from '../../../trainers/trainer.js'
import { startedAs } from '../exec/programs.js'
import type { SlurmSettings } from './settings.js'

/** The inputs of a script. */
export interface Scripted {
  readonly name: string
  /** Absolute folder of the attempt, the same on every node. */
  readonly folder: string
  /** Absolute data folder. */
  readonly root: string
  readonly rendered: Rendered
  readonly settings: SlurmSettings
}

/**
 * The sbatch script of an attempt. The first job that runs it takes the attempt; if the script is submitted twice, the other
 * job does nothing. A job requeued by Slurm keeps its id and continues.
 * @throws STEERFLOW_JOB_INVALID if a path cannot be expressed
 */
export function slurmScript({ name, folder, root, rendered, settings }: Scripted): string {
  writable(folder, /["\\\n%]/, 'a quote, a backslash, a percent sign or a line break')
  const { steps, env = {}, machines } = rendered
  return [
    '#!/bin/bash',
    ...head(settings, machines).map(([option, value]) => `#SBATCH --${option}${value === null ? '' : `=${value}`}`),
    `#SBATCH --job-name=${name}`,
    `#SBATCH --output="${folder}/log"`,
    '#SBATCH --open-mode=append',
    'set -eu',
    `cd ${shellWord(folder)}`,
    '# The first job takes the attempt. A link fails where the name is taken, on a network file system too.',
    'printf "%s\\n" "$SLURM_JOB_ID" > "slurm-job.$SLURM_JOB_ID"',
    'ln "slurm-job.$SLURM_JOB_ID" slurm-job 2>/dev/null || true',
    'rm -f "slurm-job.$SLURM_JOB_ID"',
    'if [ "$(cat slurm-job)" != "$SLURM_JOB_ID" ]; then',
    '  echo "job $(cat slurm-job) has taken this attempt; job $SLURM_JOB_ID does nothing"',
    '  exit 0',
    'fi',
    ...Object.entries(env).map(([variable, value]) => `export ${variable}=${shellWord(value)}`),
    ...steps.map(step => srun(step, { root, rendered, settings })),
    ': > finished',
    '',
  ].join('\n')
}

/** Options of sbatch: name and value; null for an option without a value. */
function head(settings: SlurmSettings, machines: Rendered['machines']): (readonly [string, string | null])[] {
  const { nodes, devices, tasks } = machines ?? { nodes: 1, devices: 0, tasks: 1 }
  const gpus = settings.gpus ?? devices
  const given: (readonly [string, string | number | null])[] = [
    ['account', settings.account],
    ['partition', settings.partition],
    ['qos', settings.qos],
    ['time', settings.time],
    ['nodes', nodes],
    ['ntasks-per-node', tasks],
    ['gpus-per-node', gpus === 0 ? null : gpus],
    ['cpus-per-task', settings.cpusPerTask],
    ['mem', settings.memory],
    ...Object.entries(settings.options),
  ]
  const set = given.filter(([, value]) => value !== null && value !== '')
  return [
    ...set.map(([name, value]) => [name, String(value)] as const),
    ...(settings.exclusive ? [['exclusive', null] as const] : []),
  ]
}

/** A step under srun. Our own program runs once, a trainer's program once per task. */
function srun(step: readonly string[], { root, rendered, settings }: Omit<Scripted, 'name' | 'folder'>): string {
  const { container, mounts } = settings
  const ours = step[0] === 'steerflow'
  const once = ours ? ['--nodes=1', '--ntasks=1'] : []
  if (container === '') {
    const where = rendered.workdir === undefined ? [] : [`--chdir=${rendered.workdir}`]
    return ['srun', ...once, ...where, ...startedAs(step)].map(shellWord).join(' ')
  }
  writable(root, /[,:]/, 'a comma or colon, which --container-mounts cannot carry')
  const mounted = [`${root}:${root}`, ...mounts].join(',')
  const where = rendered.workdir === undefined ? [] : [`--container-workdir=${rendered.workdir}`]
  const inside = [
    '--no-container-mount-home',
    `--container-image=${container}`,
    `--container-mounts=${mounted}`,
    ...where,
  ]
  return ['srun', ...once, ...inside, ...step].map(shellWord).join(' ')
}

function writable(path: string, characters: RegExp, which: string): void {
  if (!characters.test(path)) return
  throw new SteerflowError('STEERFLOW_JOB_INVALID', `the path ${path} contains ${which}: move the data folder`)
}
