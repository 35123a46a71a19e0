import { expect, it } from 'vitest'
import { activeValueModel } from '../../../src/adapters/models/value-models.js'
import { isDecided, whyNoModel } from '../../../src/cli/run/stuck.js'
import { baseline } from '../../../src/trainers/baseline.js'
import { trainers } from '../../../src/trainers/trainers.js'
import { job } from '../../support/training.js'

const waiting = [{ what: activeValueModel }]
const failed = job({ job: 'ratings-own', dataset: 'ratings', trainer: 'own', state: 'failed', detail: 'exit code 1' })

it('a job of a trainer of the flow that makes value models is told of', () => {
  const own = [...trainers, { ...baseline, name: 'own' }]
  expect(isDecided(waiting, [failed], own)).toBe(true)
  expect(whyNoModel(waiting, [failed], own)).toBe(
    'the job ratings-own is failed (exit code 1): steerflow jobs retry ratings-own requests it again',
  )
})

it('a job of another role, or of a trainer that nobody knows, is not', () => {
  for (const others of [trainers, [...trainers, { ...baseline, name: 'own', role: 'steerlm' as const }]]) {
    expect(isDecided(waiting, [failed], others)).toBe(false)
    expect(whyNoModel(waiting, [failed], others)).toContain('no job was requested for the dataset value-model')
  }
})
