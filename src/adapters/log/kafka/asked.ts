import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { backoff } from '../../../runtime/retry.js'
import { kafkaError } from './errors.js'

/** How long a question is repeated that brokers cannot answer at the moment, in milliseconds. */
const patienceMs = 5000
const waits = { first: 50, most: 500 }

/**
 * Asks brokers something that may be asked again, for a while; kafkajs's errors become ours. A cluster that has just
 * started, or elects a coordinator, refuses for a moment; a topic that was looked up before is unknown only for the moment.
 */
export async function asked<T>(question: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await question()
    } catch (thrown) {
      const error = passing(kafkaError(thrown), thrown)
      if (error.kind !== 'transient' || performance.now() > deadline) throw error
    }
    await sleep(backoff(attempt, waits))
  }
}

function passing(error: SteerflowError, thrown: unknown): SteerflowError {
  if (thrown === error || error.code !== 'STEERFLOW_TOPIC_UNKNOWN') return error
  return new SteerflowError('STEERFLOW_KAFKA_BUSY', error.message, { cause: thrown })
}
