import type { EndpointsSpec } from '../../adapters/inference/endpoints/watch.js'
import type { OutageNow } from '../../adapters/inference/pool/outage.js'
import type { EndpointStats } from '../../adapters/inference/pool/stats.js'
import { asSteerflowError, type SteerflowError } from '../../domain/errors.js'
import type { AskedServers } from '../doctor/answers.js'
import type { Check } from '../doctor/check.js'
import { refuseContradictions, serverChecks } from '../doctor/contradictions.js'

/** A check of servers, and whether its failure still counts once it is known. */
export interface ServerCheck {
  readonly check: Check
  readonly counts: () => boolean
}

/** That value model servers do not refuse everything, while none has answered, and that they keep to guided decoding. */
export function valueModelChecks(
  spec: EndpointsSpec | null,
  asked: AskedServers,
  stats: () => readonly EndpointStats[],
): readonly ServerCheck[] {
  const [answers, guided] = serverChecks(() => [spec, asked])
  return [
    { check: answers, counts: () => stats().every(({ answered }) => answered === 0) },
    { check: guided, counts: () => true },
  ]
}

/**
 * Starts the checks, each a request to each server, beside the work. The returned function gives their result so far.
 * @throws (by the returned function) STEERFLOW_CONFIG_INVALID for a failed check that counts
 */
export function serverRefusal(checks: readonly ServerCheck[]): () => void {
  const failed: { readonly error: SteerflowError; readonly counts: () => boolean }[] = []
  for (const { check, counts } of checks) {
    refuseContradictions([check]).catch((thrown: unknown) => {
      const error = asSteerflowError(thrown)
      if (error.code === 'STEERFLOW_CONFIG_INVALID') failed.push({ error, counts })
    })
  }
  return () => {
    const found = failed.find(({ counts }) => counts())
    if (found) throw found.error
  }
}

/** Milliseconds without any success after which servers are doubtful. */
const doubtMs = 1000

/**
 * Checks servers only once nothing has succeeded for a second: until then they get the requests of the work and no others.
 * The returned function is called regularly.
 * @param outage the present outage of the servers
 * @throws (by the returned function) STEERFLOW_CONFIG_INVALID for a failed check that counts
 */
export function onDoubt(checks: () => readonly ServerCheck[], outage: () => OutageNow | null): () => void {
  let notRefused: (() => void) | null = null
  return () => {
    if ((outage()?.ms ?? 0) >= doubtMs) notRefused ??= serverRefusal(checks())
    notRefused?.()
  }
}

/** A check that is made once a second beside a command's work. */
export interface Watched {
  /** Rejects with the error of the check. */
  readonly refused: Promise<never>
  readonly release: () => void
}

/** @param asError makes the error of a failed check one of the command */
export function watched(
  look: () => void,
  asError: (error: SteerflowError) => SteerflowError = error => error,
): Watched {
  let refuse: (error: unknown) => void = () => undefined
  const refused = new Promise<never>((_, reject) => (refuse = reject))
  const timer = setInterval(() => {
    try {
      look()
    } catch (error) {
      refuse(asError(asSteerflowError(error)))
    }
  }, 1000)
  return { refused, release: () => clearInterval(timer) }
}
