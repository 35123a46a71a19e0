import { describe, expect, it } from 'vitest'
import { trainerNamed, trainers } from '../../src/trainers/trainers.js'
import { job } from '../support/training.js'

const paths = { root: '/data', snapshot: '/s', folder: '/f', output: '/o' }

describe('trainerNamed', () => {
  it('finds each by its name', () => {
    for (const trainer of trainers) expect(trainerNamed(trainer.name)).toBe(trainer)
  })

  it('refuses an unknown one and names the known', () => {
    expect(() => trainerNamed('axolotl')).toThrow('known: baseline, nemo-aligner, nemo-aligner-value, trl, trl-value')
  })
})

describe('the baseline job', () => {
  const baseline = trainerNamed('baseline')

  it('is our own command', () => {
    const { steps, files } = baseline.render(job({ settings: { folds: 3 } }), paths)
    expect(steps).toEqual(['steerflow baseline train --snapshot /s --output /o --folds 3'.split(' ')])
    expect(files['run.sh']).toMatch(/^#!\/bin\/sh\n# .*\nset -eu\nexec steerflow baseline train .* "\$@"\n$/)
  })

  it.each([{ folds: 1 }, { fold: 5 }])('refuses %j', settings => {
    expect(() => baseline.render(job({ settings }), paths)).toThrow(
      expect.objectContaining({ code: 'STEERFLOW_JOB_INVALID' }),
    )
  })
})
