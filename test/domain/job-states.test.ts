import { describe, expect, it } from 'vitest'
import { JobState } from '../../src/domain/job.js'
import { advances, isOpen, jobStates } from '../../src/domain/job-states.js'
import { job } from '../support/training.js'

const launched = job({ state: 'launched', attempt: 1 })

describe('advances', () => {
  it('begins with a request or a refusal only', () => {
    const first = JobState.options.filter(state => advances(undefined, job({ state })))
    expect(first.sort()).toEqual(['refused', 'requested'])
  })

  it('ignores a second request of a job that is under way or done', () => {
    for (const state of ['requested', 'rendered', 'launching', 'launched', 'running', 'succeeded'] as const) {
      expect(advances(job({ state }), job())).toBe(false)
    }
  })

  it('lets a retry keep the attempt, and the next launch count it up', () => {
    const failed = job({ state: 'failed', attempt: 1 })
    expect(advances(failed, job({ attempt: 0 }))).toBe(false)
    expect(advances(failed, job({ attempt: 1 }))).toBe(true)
    expect(advances(job({ attempt: 1 }), job({ state: 'launching', attempt: 1 }))).toBe(false)
    expect(advances(job({ attempt: 1 }), job({ state: 'launching', attempt: 2 }))).toBe(true)
  })

  it('ignores the end of an earlier attempt', () => {
    expect(advances(job({ state: 'launched', attempt: 2 }), job({ state: 'failed', attempt: 1 }))).toBe(false)
    expect(advances(launched, job({ state: 'failed', attempt: 1 }))).toBe(true)
  })
})

describe('a job that is cancelled before it is launched', () => {
  it('stays so, though a launch was on its way', () => {
    const launching = job({ state: 'launching', attempt: 1 })
    expect(jobStates([job(), job({ state: 'cancelled' }), launching]).get(launching.job)?.state).toBe('cancelled')
    expect(jobStates([job(), launching, job({ state: 'cancelled' })]).get(launching.job)?.state).toBe('launching')
  })
})

describe('jobStates', () => {
  it('is the last event that counts, job by job', () => {
    const events = [job(), job({ state: 'launching', attempt: 1 }), launched, job(), job({ job: 'other' })]
    expect([...jobStates(events)]).toEqual([
      [launched.job, launched],
      ['other', job({ job: 'other' })],
    ])
  })
})

describe('isOpen', () => {
  it('holds while something is still to happen', () => {
    expect(JobState.options.filter(isOpen)).toEqual(['requested', 'launching', 'launched', 'running'])
  })
})
