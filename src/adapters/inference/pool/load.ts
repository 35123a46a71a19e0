import { sameSampling } from '../../../domain/sampling.js'
import { type Attempt } from './attempt.js'
import { type Sent } from './capacity.js'
import { type Endpoint } from './endpoint.js'
import { type Job } from './job.js'

/** What one request carries. */
export interface Load {
  readonly endpoint: Endpoint
  readonly jobs: readonly Job[]
  readonly attempts: readonly Attempt<unknown>[]
  /** Tokens of the prompts, roughly. */
  readonly tokens: number
  /** Requests at the endpoint, this one included. */
  readonly underWay: number
  readonly sent: Sent
  /** Whether it tries a half open breaker. */
  readonly probe: boolean
  readonly successesWhenSent: number
}

/** Whether two prompts may share a request. */
export const sameLimits = ({ generation: a }: Attempt<unknown>, { generation: b }: Attempt<unknown>): boolean =>
  a.maxTokens === b.maxTokens &&
  a.endStrings.join('\0') === b.endStrings.join('\0') &&
  sameSampling(a.sampling, b.sampling)
