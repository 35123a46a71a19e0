import { z } from 'zod'
import { SteerflowError } from '../../domain/errors.js'

/** An answer of the registry that is not a success. */
const Answer = z.object({ message: z.string(), status: z.number(), errorCode: z.number() })

/** A connection that failed: nothing else of the client's error is looked at, it holds the request with its credentials. */
const Broken = z.object({ message: z.string(), code: z.string().optional() })

/** Subject, version, schema and a subject's own settings not found. A 404 without such a code comes from something else. */
const absentCodes: readonly number[] = [40401, 40402, 40403, 40408]

/** Whether a failure says that what was asked for is not there. */
export function isAbsent(failure: unknown): boolean {
  const answer = Answer.safeParse(failure)
  return answer.success && absentCodes.includes(answer.data.errorCode)
}

/** What the client threw, in our terms, without anything of the request. `host` is for the message. */
export function registryFailure(failure: unknown, host: string): SteerflowError {
  const answer = Answer.safeParse(failure)
  if (!answer.success) {
    const { code, message } = Broken.catch({ message: 'unknown' }).parse(failure)
    const cause = new Error(message)
    return new SteerflowError('STEERFLOW_REGISTRY_DOWN', `${host} does not answer (${code ?? 'no code'})`, { cause })
  }
  const { status, message } = answer.data
  const cause = new Error(message)
  if (status === 409) return new SteerflowError('STEERFLOW_SCHEMA_INCOMPATIBLE', `${host} refuses a version`, { cause })
  if (status === 401 || status === 403 || status === 422) {
    return new SteerflowError('STEERFLOW_REGISTRY_REFUSED', `${host} answers ${status}`, { cause })
  }
  return new SteerflowError('STEERFLOW_REGISTRY_DOWN', `${host} answers ${status}`, { cause })
}
