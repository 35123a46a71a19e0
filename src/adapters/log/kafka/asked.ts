import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { type Backoff, backoff } from '../../../runtime/retry.js'
import { kafkaError } from './errors.js'

/** How long to retry a request that brokers cannot answer at the moment, in milliseconds. */
const patienceMs = 5000
const unhurried: Backoff = { first: 50, most: 500 }

/** For conditions that usually last milliseconds, e.g. the end of the previous transaction. */
export const soon: Backoff = { first: 10, most: 20 }

/**
 * Sends an idempotent request to brokers and retries it for a while; errors of kafkajs become ours. A cluster that has
 * just started, or elects a coordinator, refuses requests for a moment; a topic that was looked up before is unknown
 * only for a moment. This is the only retry of requests in this folder: do not use it for a request that only some
 * errors should repeat.
 */
export async function asked<T>(question: () => Promise<T>, waits: Backoff = unhurried): Promise<T> {
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
