import type { HttpReply, Verdict } from './protocol.js'

/** Statuses by which a server says that the request itself is wrong, wherever it is sent. */
const poison = new Set([400, 413, 422])
/** Statuses by which a server says that it failed on this request; it may be the server, it may be the request. */
const failedHere = new Set([408, 424, 500, 504])
const overloaded = new Set([429, 503])

/** Statuses by which a server says that it wants a key, or another one. */
const keyless = new Set([401, 403])
const keyHint = 'its key comes from --api-key-env or --api-key-file, or from apiKeyEnv or apiKeyFile of its endpoint'

/**
 * What a status other than 200 means. Everything that is neither about load nor about this request (404, 401, a redirect,
 * 502) says that this is not, or not now, a server to talk to.
 */
export function classifyStatus({ status, headers, body }: HttpReply): Exclude<Verdict, { kind: 'ok' }> {
  const said = `status ${status}${body === '' ? '' : `: ${excerpt(body)}`}`
  const reason = keyless.has(status) ? `${said}; ${keyHint}` : said
  if (overloaded.has(status)) return { kind: 'overloaded', reason, retryAfterMs: retryAfter(headers['retry-after']) }
  if (poison.has(status)) return { kind: 'poison', reason }
  return { kind: failedHere.has(status) ? 'elsewhere' : 'unavailable', reason }
}

/** The beginning of a body, for a message. */
export const excerpt = (body: string): string => {
  const line = body.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

/** The header's seconds in milliseconds; null when it is absent or a date (clocks differ). */
function retryAfter(header: string | string[] | undefined): number | null {
  const seconds = Number(Array.isArray(header) ? header[0] : (header ?? NaN))
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null
}
