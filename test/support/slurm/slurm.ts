import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const program = fileURLToPath(new URL('./slurm.mjs', import.meta.url))

/** What goes wrong with a stand-in for Slurm; see slurm.mjs. */
export interface SlurmFaults {
  readonly down?: boolean
  readonly accountingDown?: boolean
  readonly disabled?: boolean
  readonly lagMs?: number
  readonly ageMs?: number
  readonly submitMs?: number
  readonly startMs?: number
  readonly loseReply?: boolean
  readonly refuse?: string
  readonly forgetAll?: boolean
}

/** A cluster of one node below a folder, whose commands come first on the PATH while the test runs. */
export async function startSlurm(folder: string, faults: SlurmFaults = {}) {
  const state = join(folder, 'slurm')
  const bin = join(folder, 'bin')
  await mkdir(state, { recursive: true })
  await mkdir(bin, { recursive: true })
  for (const name of ['sbatch', 'squeue', 'sacct', 'scancel', 'srun']) {
    await writeFile(join(bin, name), `#!/bin/sh\nexec '${process.execPath}' '${program}' ${name} "$@"\n`)
    await chmod(join(bin, name), 0o755)
  }
  const before = { PATH: process.env.PATH, SLURM_CONF: process.env.SLURM_CONF }
  process.env.PATH = `${bin}${delimiter}${before.PATH}`
  process.env.SLURM_CONF = state
  onTestFinished(() => {
    process.env.PATH = before.PATH
    if (before.SLURM_CONF === undefined) delete process.env.SLURM_CONF
    else process.env.SLURM_CONF = before.SLURM_CONF
  })
  const set = (faults: SlurmFaults) => writeFile(join(state, 'faults.json'), JSON.stringify(faults))
  await set(faults)
  const lines = async (name: string) =>
    (await readFile(join(state, name), 'utf8').catch(() => '')).split('\n').filter(Boolean)
  return {
    state,
    set,
    /** Names of the jobs that the controller took, in order. */
    submissions: () => lines('submissions'),
    /** Resolves when no sbatch runs: one that outlives the process that called it still submits, when the machine lets it. */
    submitted: async () => {
      const runs = () => spawnSync('ps', ['-Ao', 'command'], { encoding: 'utf8' }).stdout.split('\n')
      while (runs().some(line => /\bsbatch\b/.test(line) && line.includes(folder))) await sleep(20)
    },
    /** The arguments of every srun. */
    steps: async () => (await lines('srun-calls')).map(line => JSON.parse(line) as string[]),
    /** What the cluster does to a job by itself; with `requeueMs` it is put back into the queue after that time. */
    end: (id: string, as: string, requeueMs?: number) => {
      const more = requeueMs === undefined ? [] : [String(requeueMs)]
      spawnSync(process.execPath, [program, 'scontrol', 'end', id, as, ...more])
    },
  }
}
