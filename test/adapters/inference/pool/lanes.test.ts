import { describe, expect, it } from 'vitest'
import { PendingRequest } from '../../../../src/adapters/inference/pool/request.js'
import { Lanes } from '../../../../src/adapters/inference/pool/lanes.js'

const job = (characters: number, model = 'm'): PendingRequest =>
  new PendingRequest(
    {
      model,
      question: 'quality',
      characters,
      signal: new AbortController().signal,
      attempt: () => expect.unreachable(),
    },
    { resolve: () => {}, reject: () => {}, settled: () => {} },
    3,
  )

function lanesOf(jobs: readonly PendingRequest[]): Lanes {
  const lanes = new Lanes()
  for (const one of jobs) lanes.add(one, 'back')
  return lanes
}

const sizes = (jobs: readonly PendingRequest[]): number[] => jobs.map(one => one.work.characters)

describe('lanes', () => {
  it('give the first, and those of like length that come soon after it', () => {
    const lanes = lanesOf([100, 900, 110, 500, 90, 1000].map(size => job(size)))
    expect(sizes(lanes.take('m', 3))).toEqual([100, 110, 90])
    expect(sizes(lanes.take('m', 3))).toEqual([900, 1000, 500])
    expect(lanes.next('m')).toBeNull()
  })

  it('do not look ahead without end', () => {
    const lanes = lanesOf([10, ...Array<number>(8).fill(99), 10].map(size => job(size)))
    expect(sizes(lanes.take('m', 2))).toEqual([10, 99])
  })

  it('keep models apart, and pass over what was given up or has to go alone', () => {
    const [first, given, alone, other] = [job(1), job(1), job(1), job(1, 'other')]
    const lanes = lanesOf([first, given, alone, other])
    given.fail(new Error('gone'))
    alone.alone = true
    expect(lanes.take('m', 4)).toEqual([first])
    expect(lanes.next('m')).toBe(alone)
    expect(lanes.models()).toEqual(['m', 'other'])
  })
})
