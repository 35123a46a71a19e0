import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { type ErrorCode, SteerflowError } from '../../../../src/domain/errors.js'
import { isFencing, kafkaError } from '../../../../src/adapters/log/kafka/errors.js'

/** The real classes of kafkajs, those that it does not export included. */
const load = createRequire(import.meta.url)
type Make = new (error: unknown, options?: object) => Error
const classes = load('kafkajs/src/errors') as Readonly<Record<string, Make>>
const { createErrorFromCode, errorCodes } = load('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error
  errorCodes: readonly { readonly type: string; readonly code: number; readonly retriable: boolean }[]
}
const make = (name: string, error: unknown, options?: object): Error => new classes[name]!(error, options)
const protocol = (type: string): Error => createErrorFromCode(errorCodes.find(row => row.type === type)!.code)
const retried = (error: Error): Error =>
  make('KafkaJSNumberOfRetriesExceeded', error, { retryCount: 5, retryTime: 20, cause: error })
const final = (error: Error): Error => make('KafkaJSNonRetriableError', error, { cause: error })

const byType: readonly (readonly [string, ErrorCode])[] = [
  ['INVALID_PRODUCER_EPOCH', 'STEERFLOW_FENCED'],
  ['UNKNOWN_MEMBER_ID', 'STEERFLOW_FENCED'],
  ['ILLEGAL_GENERATION', 'STEERFLOW_FENCED'],
  ['FENCED_INSTANCE_ID', 'STEERFLOW_FENCED'],
  ['MESSAGE_TOO_LARGE', 'STEERFLOW_RECORD_TOO_LARGE'],
  ['RECORD_LIST_TOO_LARGE', 'STEERFLOW_RECORD_TOO_LARGE'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'STEERFLOW_TOPIC_UNKNOWN'],
  ['OFFSET_OUT_OF_RANGE', 'STEERFLOW_OFFSET_LOST'],
  ['TOPIC_AUTHORIZATION_FAILED', 'STEERFLOW_KAFKA_REFUSED'],
  ['GROUP_AUTHORIZATION_FAILED', 'STEERFLOW_KAFKA_REFUSED'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'STEERFLOW_KAFKA_REFUSED'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'STEERFLOW_KAFKA_REFUSED'],
  ['SASL_AUTHENTICATION_FAILED', 'STEERFLOW_KAFKA_REFUSED'],
  ['UNSUPPORTED_SASL_MECHANISM', 'STEERFLOW_KAFKA_REFUSED'],
  ['CONCURRENT_TRANSACTIONS', 'STEERFLOW_KAFKA_BUSY'],
  ['GROUP_LOAD_IN_PROGRESS', 'STEERFLOW_KAFKA_BUSY'],
  ['NOT_LEADER_FOR_PARTITION', 'STEERFLOW_KAFKA_BUSY'],
  ['REBALANCE_IN_PROGRESS', 'STEERFLOW_KAFKA_BUSY'],
  ['INVALID_TXN_STATE', 'STEERFLOW_KAFKA_BUSY'],
  ['INVALID_REPLICATION_FACTOR', 'STEERFLOW_KAFKA_FAILED'],
  ['POLICY_VIOLATION', 'STEERFLOW_KAFKA_FAILED'],
]

test.each(byType)('%s is %s, bare and however it is wrapped', (type, code) => {
  for (const thrown of [
    protocol(type),
    retried(protocol(type)),
    final(protocol(type)),
    final(retried(protocol(type))),
  ]) {
    const error = kafkaError(thrown)
    expect(error.code).toBe(code)
    expect(error.message).toContain(type)
    expect(error.cause).toBe(thrown)
    expect(isFencing(thrown)).toBe(code === 'STEERFLOW_FENCED')
  }
})

test('every retriable error of the protocol is transient, or has a meaning of its own', () => {
  for (const { type, retriable } of errorCodes) {
    const { kind, code } = kafkaError(protocol(type))
    if (retriable && code !== 'STEERFLOW_TOPIC_UNKNOWN') expect(kind, type).toBe('transient')
  }
})

test.each([
  [90, 'STEERFLOW_FENCED'],
  [120, 'STEERFLOW_KAFKA_BUSY'],
  [9999, 'STEERFLOW_KAFKA_FAILED'],
])('the number %d, which kafkajs does not know, is %s', (code, expected) => {
  expect(kafkaError(retried(createErrorFromCode(code))).code).toBe(expected)
})

test.each([
  [make('KafkaJSConnectionError', 'connect ECONNREFUSED', { broker: 'a:1', code: 'ECONNREFUSED' }), 'UNREACHABLE'],
  [make('KafkaJSConnectionClosedError', 'Closed connection', { host: 'a', port: 1 }), 'UNREACHABLE'],
  [make('KafkaJSRequestTimeoutError', 'timed out', { broker: 'a:1' }), 'UNREACHABLE'],
  [make('KafkaJSConnectionError', 'x', { broker: 'a:1', code: 'SELF_SIGNED_CERT_IN_CHAIN' }), 'REFUSED'],
  [make('KafkaJSConnectionError', 'x', { broker: 'a:1', code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'REFUSED'],
  [make('KafkaJSConnectionError', 'x', { broker: 'a:1', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }), 'REFUSED'],
  [make('KafkaJSSASLAuthenticationError', 'wrong'), 'REFUSED'],
  [make('KafkaJSTimeout', 'slow'), 'BUSY'],
  [make('KafkaJSMetadataNotLoaded', 'none'), 'BUSY'],
  [make('KafkaJSNonRetriableError', 'no'), 'FAILED'],
] as const)('%s is STEERFLOW_KAFKA_%s', (thrown, code) => {
  expect(kafkaError(thrown).code).toBe(`STEERFLOW_KAFKA_${code}`)
  expect(kafkaError(retried(thrown)).code).toBe(`STEERFLOW_KAFKA_${code}`)
})

test('of an aggregate, the first that is not a topic that is there already', () => {
  const of = (...types: readonly string[]): Error =>
    make('KafkaJSAggregateError', 'Topic creation errors', types.map(protocol))
  expect(kafkaError(of('TOPIC_ALREADY_EXISTS', 'POLICY_VIOLATION')).message).toContain('POLICY_VIOLATION')
  expect(kafkaError(of('TOPIC_ALREADY_EXISTS')).message).toContain('TOPIC_ALREADY_EXISTS')
})

test('the broker is named, and errors of ours stay what they are', () => {
  const refused = make('KafkaJSConnectionError', 'connect ECONNREFUSED', { broker: 'a:1', code: 'ECONNREFUSED' })
  expect(kafkaError(retried(refused)).message).toBe('a:1: connect ECONNREFUSED')
  const ours = new SteerflowError('STEERFLOW_KAFKA_REFUSED', 'no token')
  expect(kafkaError(retried(ours))).toBe(ours)
  expect(kafkaError(new TypeError('x is not a function')).code).toBe('STEERFLOW_BUG')
  expect(kafkaError('text').code).toBe('STEERFLOW_BUG')
})
