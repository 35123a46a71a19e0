import { type ClusterFacts } from '../../runtime/log-admin.js'
import { fail, type Finding, ok, warn } from './check.js'

/** Whether every broker of the cluster answers. */
export function brokersReachable({ brokers }: ClusterFacts): Finding {
  const lost = brokers.flatMap(({ address, problem }) => (problem === null ? [] : [`${address}: ${problem}`]))
  const reached = brokers.length - lost.length
  if (lost.length === 0) return ok(`${reached} of ${brokers.length} reached`)
  const todo = 'Check that these addresses, which the brokers advertise, can be reached from here.'
  const detail = `${reached} of ${brokers.length} reached; ${lost.join('; ')}`
  return reached === 0 ? fail(detail, todo) : warn(detail, todo)
}

const wanted = 2

/** Whether the brokers' transactions are those that exactly once rests on. */
export function transactionsOf({ transactionVersion }: ClusterFacts): Finding {
  const todo = `Run kafka-features.sh upgrade --feature transaction.version=${wanted}, on Kafka 4.0 or newer.`
  if (transactionVersion === null) return warn('the brokers do not say their transaction.version', todo)
  const detail = `transaction.version is ${transactionVersion}`
  if (transactionVersion >= wanted) return ok(detail)
  return fail(`${detail}: a transaction that was given up may be torn, so that exactly once does not hold`, todo)
}

const week = 7 * 24 * 60

/** For how long a node may be stopped before the brokers forget how far it has read. */
export function offsetsKept({ offsetsRetentionMinutes: minutes }: ClusterFacts): Finding {
  const todo = 'Raise offsets.retention.minutes of the brokers above the longest stop; steerflow offsets reset repairs.'
  if (minutes === null) return warn('the brokers do not say how long they keep the offsets of a stopped node', todo)
  const days = `${+(minutes / 1440).toFixed(1)} days`
  const detail = `a node that is stopped for ${days} loses its offsets, and starts only after steerflow offsets reset`
  return minutes < week ? warn(detail, todo) : ok(detail)
}
