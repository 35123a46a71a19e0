import type { HttpAnswer } from '../../../src/domain/generate-contract.js'

/** A request as the contracts see it. */
export interface ContractRequest {
  readonly method: string
  /** Path of the URL without its query. */
  readonly path: string
  readonly body: string
}

export const json = (status: number, value: unknown): HttpAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
})

/** A body as JSON; null when it is none. */
export function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return null
  }
}
