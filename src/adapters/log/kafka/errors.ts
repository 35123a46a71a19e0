import { asSteerflowError, type ErrorCode, SteerflowError } from '../../../domain/errors.js'

/** Properties of an error of kafkajs, or of its cause. Read by shape, since its classes do not have all of them. */
interface Seen {
  readonly name: string
  readonly message: string
  /** The name of a protocol error, such as INVALID_PRODUCER_EPOCH. */
  readonly type: string
  /** Of a socket (ECONNREFUSED) or of a certificate; a number for the protocol. */
  readonly code: string
  readonly retriable: boolean
  readonly broker: string
}

/** Protocol errors that mean that another process has taken over. */
const FENCING = [
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'FENCED_INSTANCE_ID',
]

/** Protocol errors that a new producer, or new metadata, overcomes, although kafkajs does not retry them. */
const PASSING = [
  'BROKER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'REASSIGNMENT_IN_PROGRESS',
  'REBALANCE_IN_PROGRESS',
  'STALE_BROKER_EPOCH',
  'STALE_CONTROLLER_EPOCH',
  'THROTTLING_QUOTA_EXCEEDED',
  'TRANSACTION_ABORTABLE',
  'TRANSACTION_COORDINATOR_FENCED',
  'UNKNOWN_PRODUCER_ID',
]

const BY_TYPE: Readonly<Record<string, ErrorCode>> = {
  ...Object.fromEntries(FENCING.map(type => [type, 'STEERFLOW_FENCED'])),
  ...Object.fromEntries(PASSING.map(type => [type, 'STEERFLOW_KAFKA_BUSY'])),
  MESSAGE_TOO_LARGE: 'STEERFLOW_RECORD_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'STEERFLOW_RECORD_TOO_LARGE',
  UNKNOWN_TOPIC_OR_PARTITION: 'STEERFLOW_TOPIC_UNKNOWN',
  OFFSET_OUT_OF_RANGE: 'STEERFLOW_OFFSET_LOST',
}

const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  KafkaJSConnectionError: 'STEERFLOW_KAFKA_UNREACHABLE',
  KafkaJSConnectionClosedError: 'STEERFLOW_KAFKA_UNREACHABLE',
  KafkaJSRequestTimeoutError: 'STEERFLOW_KAFKA_UNREACHABLE',
  KafkaJSBrokerNotFound: 'STEERFLOW_KAFKA_UNREACHABLE',
  KafkaJSNoBrokerAvailableError: 'STEERFLOW_KAFKA_UNREACHABLE',
  KafkaJSSASLAuthenticationError: 'STEERFLOW_KAFKA_REFUSED',
  KafkaJSOffsetOutOfRange: 'STEERFLOW_OFFSET_LOST',
  KafkaJSInvariantViolation: 'STEERFLOW_BUG',
  KafkaJSGroupCoordinatorNotFound: 'STEERFLOW_KAFKA_BUSY',
  KafkaJSMetadataNotLoaded: 'STEERFLOW_KAFKA_BUSY',
  KafkaJSTopicMetadataNotLoaded: 'STEERFLOW_KAFKA_BUSY',
  KafkaJSStaleTopicMetadataAssignment: 'STEERFLOW_KAFKA_BUSY',
  KafkaJSTimeout: 'STEERFLOW_KAFKA_BUSY',
  KafkaJSLockTimeout: 'STEERFLOW_KAFKA_BUSY',
}

/** Protocol errors that are newer than kafkajs, which only reports their number. */
const YOUNGER: Readonly<Record<string, string>> = {
  89: 'THROTTLING_QUOTA_EXCEEDED',
  90: 'PRODUCER_FENCED',
  120: 'TRANSACTION_ABORTABLE',
}

const REFUSED_TYPE = /AUTHORIZATION_FAILED$|SASL|^SECURITY_DISABLED$|^DELEGATION_TOKEN/
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|^ERR_(TLS|SSL|OSSL)|^EPROTO$|CRL|HOSTNAME/
const SOCKET = /^(ECONN|ENOTFOUND$|EAI_|EHOST|ENET|ETIMEDOUT$|EPIPE$|UND_ERR_)/

/**
 * An error of kafkajs with one of our codes. kafkajs wraps errors (retries, aggregates): the outermost one with a
 * meaning decides. Any other error is STEERFLOW_BUG.
 */
export function kafkaError(thrown: unknown): SteerflowError {
  const chain = chainOf(thrown)
  for (const at of chain) if (at instanceof SteerflowError) return at
  let fromKafka = false
  let passing = false
  for (const error of chain) {
    const seen = look(error)
    const code = codeOf(seen)
    if (code) return new SteerflowError(code, textOf(seen), { cause: thrown })
    fromKafka ||= seen.name.startsWith('KafkaJS')
    passing ||= fromKafka && seen.retriable
  }
  if (!fromKafka) return asSteerflowError(thrown)
  const innermost = look(chain.at(-1))
  return new SteerflowError(passing ? 'STEERFLOW_KAFKA_BUSY' : 'STEERFLOW_KAFKA_FAILED', textOf(innermost), {
    cause: thrown,
  })
}

const has = (thrown: unknown, type: string): boolean => chainOf(thrown).some(error => look(error).type === type)

/** True if the coordinator no longer knows this member. */
export const isUnknownMember = (thrown: unknown): boolean => has(thrown, 'UNKNOWN_MEMBER_ID')

/** True if the group has changed, so that this member has to rejoin. */
export const isRejoining = (thrown: unknown): boolean =>
  has(thrown, 'REBALANCE_IN_PROGRESS') || has(thrown, 'ILLEGAL_GENERATION')

export const isTopicExists = (thrown: unknown): boolean => has(thrown, 'TOPIC_ALREADY_EXISTS')

/** True if a broker does not know a topic, or not all of its partitions. */
export const isUnknownTopic = (thrown: unknown): boolean => has(thrown, 'UNKNOWN_TOPIC_OR_PARTITION')

export const isNotAuthorized = (thrown: unknown): boolean => has(thrown, 'TOPIC_AUTHORIZATION_FAILED')

/** True if a partition has no leader, or none that this broker's clients can reach. */
export const isLeaderless = (thrown: unknown): boolean =>
  has(thrown, 'LEADER_NOT_AVAILABLE') || has(thrown, 'LISTENER_NOT_FOUND')

/** True if a position is outside of its partition, which the error names. */
export function isOutOfRange(
  thrown: unknown,
): thrown is Error & { readonly topic: string; readonly partition: number } {
  return thrown instanceof Error && thrown.name === 'KafkaJSOffsetOutOfRange'
}

/** True if waiting may help. A topic that exists is unknown to a broker that has just started. */
export function isPassing(error: SteerflowError): boolean {
  return error.kind === 'transient' || error.code === 'STEERFLOW_TOPIC_UNKNOWN'
}

/** True if another process has taken over: the claim is lost, and it can commit nothing. */
export const isFencing = (thrown: unknown): boolean => kafkaError(thrown).code === 'STEERFLOW_FENCED'

function codeOf({ name, type, code, retriable }: Seen): ErrorCode | null {
  if (REFUSED_TYPE.test(type)) return 'STEERFLOW_KAFKA_REFUSED'
  const byType = BY_TYPE[type]
  if (byType) return byType
  if (type !== '') return retriable ? 'STEERFLOW_KAFKA_BUSY' : null
  // kafkajs reports a bad certificate as a connection error, which it retries.
  if (CERTIFICATE.test(code)) return 'STEERFLOW_KAFKA_REFUSED'
  return BY_NAME[name] ?? (SOCKET.test(code) ? 'STEERFLOW_KAFKA_UNREACHABLE' : null)
}

const textOf = ({ message, type, broker }: Seen): string =>
  [broker, type === '' ? message : `${message} (${type})`].filter(part => part !== '').join(': ')

/** An error and its causes; from an aggregate the first informative one. */
function chainOf(thrown: unknown): unknown[] {
  const chain: unknown[] = []
  for (let at = thrown; at !== undefined && at !== null && chain.length < 8 && !chain.includes(at);) {
    chain.push(at)
    at = inside(at)
  }
  return chain
}

function inside(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined
  if ('errors' in error && Array.isArray(error.errors)) {
    const errors: unknown[] = error.errors
    return errors.find(one => look(one).type !== 'TOPIC_ALREADY_EXISTS') ?? errors[0]
  }
  if ('partitions' in error && Array.isArray(error.partitions)) {
    const failed = (error.partitions as unknown[]).map(one => field(one, 'error')).find(one => one !== undefined)
    if (failed !== undefined) return failed
  }
  return field(error, 'cause') ?? field(error, 'originalError')
}

function look(error: unknown): Seen {
  const message = textField(error, 'message')
  const younger = /^Unknown error code (\d+)/.exec(message)?.[1]
  return {
    name: textField(error, 'name'),
    message,
    type: (younger && YOUNGER[younger]) ?? textField(error, 'type'),
    code: textField(error, 'code'),
    retriable: field(error, 'retriable') === true,
    broker: textField(error, 'broker'),
  }
}

const field = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? ((of as Record<string, unknown>)[name] ?? undefined) : undefined

function textField(of: unknown, name: string): string {
  const value = field(of, name)
  return typeof value === 'string' ? value : ''
}
