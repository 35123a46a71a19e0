import type { Generation, HttpReply, Protocol } from '../../../../src/adapters/inference/protocols/protocol.js'
import type { AttributeSet } from '../../../../src/domain/attributes.js'

/** Something to ask a protocol for. */
export const asked = (prompt: string, line: AttributeSet | null = null): Generation => ({
  prompt,
  maxTokens: 7,
  endStrings: ['\n', '<extra_id_1>'],
  line,
  turn: { system: 'S', turns: [{ value: prompt, from: 'User' }] },
})

/** The body of a request, read again. */
export const bodyOf = (protocol: Protocol, ...generations: Generation[]): unknown =>
  JSON.parse(protocol.request(generations).body)

export const reply = (status: number, body: unknown, headers: HttpReply['headers'] = {}): HttpReply => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

/** What statuses other than 200 mean, whatever is spoken (docs/reference/inference-servers.md#what-a-status-means). */
export const statuses: readonly (readonly [string, number])[] = [
  ['poison', 400],
  ['poison', 413],
  ['poison', 422],
  ['elsewhere', 408],
  ['elsewhere', 424],
  ['elsewhere', 500],
  ['elsewhere', 504],
  ['overloaded', 429],
  ['overloaded', 503],
  ['unavailable', 301],
  ['unavailable', 401],
  ['unavailable', 403],
  ['unavailable', 404],
  ['unavailable', 502],
]
