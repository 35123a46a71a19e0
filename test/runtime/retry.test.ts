import { expect, test } from 'vitest'
import { SteerflowError } from '../../src/domain/errors.js'
import { backoff, untilDone } from '../../src/runtime/retry.js'

const waits = { first: 1, most: 4 }

test('the wait doubles up to its bound and is jittered by half', () => {
  expect([1, 2, 3, 9].map(attempt => backoff(attempt, waits, () => 0))).toEqual([0.5, 1, 2, 2])
  expect(backoff(3, waits, () => 0.5)).toBe(3)
})

test('transient failures are repeated until it succeeds', async () => {
  let calls = 0
  const work = () => {
    if (++calls < 4) throw new SteerflowError('STEERFLOW_OUTAGE', 'not yet')
    return calls
  }
  await expect(untilDone(work, new AbortController().signal, waits)).resolves.toBe(4)
})

test('other failures are passed on at once', async () => {
  let calls = 0
  const work = () => {
    calls++
    throw new SteerflowError('STEERFLOW_RECORD_INVALID', 'never')
  }
  await expect(untilDone(work, new AbortController().signal, waits)).rejects.toMatchObject({
    code: 'STEERFLOW_RECORD_INVALID',
  })
  expect(calls).toBe(1)
})

test('an abort ends the waiting', async () => {
  const control = new AbortController()
  const work = () => {
    throw new SteerflowError('STEERFLOW_OUTAGE', 'never')
  }
  const waiting = untilDone(work, control.signal, { first: 60_000, most: 60_000 })
  setTimeout(() => control.abort(), 20)
  await expect(waiting).rejects.toThrow()
})
