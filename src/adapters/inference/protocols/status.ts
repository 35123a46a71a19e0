import type { HttpReply, Verdict } from './protocol.js'

/** Statuses of a request that is invalid on every server. */
const poison = new Set([400, 413, 422])
/** Statuses of a failed request; either the server or the request is at fault. */
const failedHere = new Set([408, 424, 500, 504])
const overloaded = new Set([429, 503])

/** Statuses that ask for an API key, or for another one. */
const keyless = new Set([401, 403])
const keyHint = 'its key comes from --api-key-env or --api-key-file, or from apiKeyEnv or apiKeyFile of its endpoint'

/**
 * The verdict on a status other than 200. A status that concerns neither load nor this request (404, 401, a redirect,
 * 502) means that the URL is not, or not now, a usable server.
 */
export function classifyStatus({ status, headers, body }: HttpReply): Exclude<Verdict, { kind: 'ok' }> {
  const said = `status ${status}${body === '' ? '' : `: ${excerpt(body)}`}`
  const reason = keyless.has(status) ? `${said}; ${keyHint}` : said
  if (overloaded.has(status)) return { kind: 'overloaded', reason, retryAfterMs: retryAfter(headers['retry-after']) }
  if (poison.has(status)) return { kind: 'poison', reason }
  return { kind: failedHere.has(status) ? 'elsewhere' : 'unavailable', reason }
}

export const excerpt = (body: string): string => {
  const line = body.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

/** The header's seconds in milliseconds; null if it is absent or a date (clocks differ). */
function retryAfter(header: string | string[] | undefined): number | null {
  const seconds = Number(Array.isArray(header) ? header[0] : (header ?? NaN))
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null
}
