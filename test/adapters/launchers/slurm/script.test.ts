import { describe, expect, it } from 'vitest'
import { slurmScript } from '../../../../src/adapters/launchers/slurm/script.js'
import { SlurmSettings } from '../../../../src/adapters/launchers/slurm/settings.js'
import { meaningOf } from '../../../../src/adapters/launchers/slurm/states.js'
import { isUnanswered, submittedId } from '../../../../src/adapters/launchers/slurm/commands.js'
import { submitEnvironment } from '../../../../src/adapters/launchers/slurm/slurm-runner.js'
import { nemoAligner } from '../../../../src/trainers/nemo-aligner.js'
import { job } from '../../../support/training.js'

const rendered = nemoAligner.render(job({ trainer: 'nemo-aligner' }), {
  snapshot: '/data/s',
  folder: '/data/it is',
  output: '/data/it is/output',
  root: '/data',
})
const script = (given: object = {}, places: object = {}) =>
  slurmScript({
    name: 'n',
    folder: '/data/it is',
    root: '/data',
    rendered,
    settings: SlurmSettings.parse(given),
    ...places,
  })

describe('the script for Slurm', () => {
  it('asks for the machines that the trainer is set to, one task a device', () => {
    const text = script({ account: 'acc', partition: 'p', options: { constraint: 'a100*2' }, exclusive: true })
    expect(text.split('\n').slice(0, 14)).toEqual([
      '#!/bin/bash',
      '#SBATCH --account=acc',
      '#SBATCH --partition=p',
      '#SBATCH --time=4:00:00',
      '#SBATCH --nodes=1',
      '#SBATCH --ntasks-per-node=4',
      '#SBATCH --gpus-per-node=4',
      '#SBATCH --constraint=a100*2',
      '#SBATCH --exclusive',
      '#SBATCH --job-name=n',
      '#SBATCH --output="/data/it is/log"',
      '#SBATCH --open-mode=append',
      'set -eu',
      "cd '/data/it is'",
    ])
    expect(text).toContain(
      "srun --chdir=/opt/NeMo-Aligner python -u examples/nlp/gpt/train_gpt_sft.py '--config-dir=/data/it is' --config-name=steerlm_model\n",
    )
  })

  it('mounts the data folder into a container under the same path', () => {
    expect(script({ container: 'nvcr.io#nvidia/nemo:24.07', mounts: ['/models:/models:ro'] })).toContain(
      "srun --no-container-mount-home '--container-image=nvcr.io#nvidia/nemo:24.07' --container-mounts=/data:/data,/models:/models:ro --container-workdir=/opt/NeMo-Aligner python",
    )
  })

  it('refuses paths that cannot be written, and settings that would be words of their own', () => {
    const refused = expect.objectContaining({ code: 'STEERFLOW_JOB_INVALID' }) as Error
    for (const folder of ['/a"b', '/a%b', '/a\\b', '/a\nb']) expect(() => script({}, { folder })).toThrow(refused)
    for (const root of ['/a,b', '/a:b']) expect(() => script({ container: 'i' }, { root })).toThrow(refused)
    for (const given of [{ account: 'a b' }, { time: '1h' }, { mounts: ['a'] }, { options: { 'a b': 'c' } }]) {
      expect(() => script(given)).toThrow()
    }
  })
})

describe('what Slurm says', () => {
  it.each([
    ['PENDING', 'waiting'],
    ['RUNNING', 'running'],
    ['COMPLETED', 'succeeded'],
    ['CANCELLED by 1000', 'cancelled'],
    ['CANCELLED+', 'cancelled'],
    ['OUT_OF_MEMORY', 'failed'],
    ['NODE_FAIL', 'interrupted'],
    ['SOMETHING_NEW', 'running'],
  ])('%s means %s', (state, meaning) => expect(meaningOf(state)).toBe(meaning))

  it('holds the id of a job, with or without a cluster, after any warning', () => {
    expect(submittedId('4711\n')).toBe('4711')
    expect(submittedId('sbatch: warning: 4 tasks\n4711;cluster\n')).toBe('4711')
    expect(submittedId('sbatch: error: 12 things\n')).toBeNull()
  })

  it('tells a controller that is away from a job that is refused', () => {
    expect(isUnanswered('sbatch: error: Batch job submission failed: Socket timed out on send/recv operation')).toBe(
      true,
    )
    expect(isUnanswered('sbatch: error: Unable to contact slurm controller (connect failure)')).toBe(true)
    expect(isUnanswered('sbatch: error: Batch job submission failed: Invalid partition name specified')).toBe(false)
  })
})

describe('submitEnvironment', () => {
  it('keeps a login, and what is named', () => {
    const own = {
      PATH: '/bin',
      HOME: '/h',
      LC_ALL: 'C',
      AWS_SECRET: 's',
      SBATCH_JOB_NAME: 'x',
      HF_HOME: '/hf',
      SLURM_CONF: 'c',
    }
    expect(submitEnvironment(own, ['HF_HOME'])).toEqual({
      PATH: '/bin',
      HOME: '/h',
      LC_ALL: 'C',
      HF_HOME: '/hf',
      SLURM_CONF: 'c',
    })
  })
})
