import { expect, test } from 'vitest'
import { SteerflowError } from '../../src/domain/errors.js'
import { deadLetter, stageFailure } from '../../src/runtime/dead-letter.js'

const origin = { topic: 'a', partition: 2, offset: '17', timestamp: 5 }
const record = { key: Buffer.from('k'), value: Buffer.from([0xff, 0x00]), headers: { other: 'x' } }
const size = (headers: Readonly<Record<string, string>> = {}) =>
  Object.entries(headers).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0)

test('key and value are untouched; the headers tell code, node, cause and origin', () => {
  const error = new SteerflowError('STEERFLOW_RECORD_INVALID', 'no text', { cause: new Error('inner') })
  expect(deadLetter('dead-letters', 'clean', record, origin, error, 100)).toEqual({
    topic: 'dead-letters',
    key: record.key,
    value: record.value,
    headers: {
      code: 'STEERFLOW_RECORD_INVALID',
      node: 'clean',
      cause: 'no text: inner',
      'origin-topic': 'a',
      'origin-partition': '2',
      'origin-offset': '17',
      'origin-timestamp': '5',
    },
  })
})

test('a value that does not fit is named by size and digest', () => {
  const letter = deadLetter('dl', 'n', record, origin, new SteerflowError('STEERFLOW_FANOUT', 'x'), 1)
  expect(letter.value.byteLength).toBe(0)
  expect(letter.headers).toMatchObject({
    'value-bytes': '2',
    'value-sha256': 'ea5dbf9596d187e9500f23e9a680109475341cf4e81f7e043f7d97152c10772f',
  })
})

test('a key that does not fit is named, too; one that fits stays without its value', () => {
  const error = new SteerflowError('STEERFLOW_FANOUT', 'x')
  const long = { ...record, key: Buffer.from('long key') }
  expect(deadLetter('dl', 'n', long, origin, error, 8)).toMatchObject({
    key: long.key,
    headers: { 'value-bytes': '2' },
  })
  expect(deadLetter('dl', 'n', long, origin, error, 7)).toMatchObject({ key: null, headers: { 'key-bytes': '8' } })
})

test('headers stay within 8 KiB and whole characters', () => {
  const error = new SteerflowError('STEERFLOW_FANOUT', 'ü'.repeat(100_000))
  const { headers } = deadLetter('dl', 'n', record, { ...origin, topic: 'é'.repeat(5000) }, error, 1)
  expect(size(headers)).toBeLessThanOrEqual(8192)
  expect(headers?.cause).toMatch(/^ü+…$/)
})

test('what a stage does not foresee is the fault of the record', () => {
  expect(stageFailure(new TypeError('x is not a function'))).toMatchObject({
    code: 'STEERFLOW_STAGE_FAILED',
    kind: 'permanent',
  })
})
