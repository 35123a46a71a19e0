import { SteerflowError } from '../../../domain/errors.js'

/** An error of kafkajs: protocol errors carry Kafka's name of them as `type`. */
interface KafkaError extends Error {
  readonly type?: string
  readonly retriable?: boolean
  readonly errors?: readonly unknown[]
}

/** The error itself and what it was caused by. */
function* causes(thrown: unknown): Generator<KafkaError> {
  for (let at = thrown; at instanceof Error; at = at.cause) yield at
}

const isOf = (thrown: unknown, ...types: readonly string[]): boolean => {
  for (const { type } of causes(thrown)) if (type !== undefined && types.includes(type)) return true
  return false
}

/** Whether a newer owner of the transactional id, or of the partition, has shut this one out. */
export const isFencing = (thrown: unknown): boolean =>
  isOf(
    thrown,
    'INVALID_PRODUCER_EPOCH',
    'PRODUCER_FENCED',
    'TRANSACTIONAL_ID_FENCED',
    'ILLEGAL_GENERATION',
    'UNKNOWN_MEMBER_ID',
  ) ||
  (thrown instanceof SteerflowError && thrown.code === 'STEERFLOW_FENCED')

export const isUnknownMember = (thrown: unknown): boolean => isOf(thrown, 'UNKNOWN_MEMBER_ID')
export const isRejoining = (thrown: unknown): boolean => isOf(thrown, 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION')
export const isTopicExists = (thrown: unknown): boolean => {
  for (const { type, errors } of causes(thrown))
    if (type === 'TOPIC_ALREADY_EXISTS' || errors?.some(isTopicExists)) return true
  return false
}

/** Whether a position lies outside of its partition; kafkajs says which. */
export function isOutOfRange(
  thrown: unknown,
): thrown is Error & { readonly topic: string; readonly partition: number } {
  return thrown instanceof Error && thrown.name === 'KafkaJSOffsetOutOfRange'
}

export function kafkaError(thrown: unknown): SteerflowError {
  if (thrown instanceof SteerflowError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (isFencing(thrown)) return new SteerflowError('STEERFLOW_FENCED', message, { cause: thrown })
  if (isOf(thrown, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'))
    return new SteerflowError('STEERFLOW_RECORD_TOO_LARGE', message, { cause: thrown })
  if (thrown instanceof Error && (thrown.name.startsWith('KafkaJS') || 'code' in thrown))
    return new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', message, { cause: thrown })
  return new SteerflowError('STEERFLOW_BUG', message, { cause: thrown })
}
