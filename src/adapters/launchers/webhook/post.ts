import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { shownUrl } from '../../inference/credentials.js'
import { signed } from './signature.js'

/** A request of ours. */
export interface Outgoing {
  readonly url: string
  readonly method: 'POST' | 'GET'
  /** Names what is asked for: whoever gets it twice does it once. */
  readonly key: string
  readonly body: string
  readonly secret: Buffer
  readonly timeoutMs: number
}

export interface Answer {
  readonly status: number
  readonly text: string
}

/** Milliseconds before the tries after the first; after them the runtime goes on asking. */
const pauses = [200, 1000, 5000]
/** Longest that an answer may make us wait before the next try. */
const longestPause = 60_000
const isPassing = (status: number): boolean => status >= 500 || status === 429 || status === 408 || status === 425

/**
 * Sends a signed request, and again when nothing or 408, 425, 429 or 5xx answers it: with the same Idempotency-Key and a
 * new time. Redirects are not followed, since what is signed for one is not for another.
 * @throws STEERFLOW_LAUNCHER_UNAVAILABLE when it got no other answer.
 */
export async function send(outgoing: Outgoing, signal?: AbortSignal): Promise<Answer> {
  let last = ''
  for (const pause of [...pauses, null]) {
    const tried = await once(outgoing, signal)
    if (typeof tried !== 'string' && !isPassing(tried.answer.status)) return tried.answer
    last = typeof tried === 'string' ? tried : `status ${tried.answer.status}`
    const asked = typeof tried === 'string' ? null : tried.retryAfterMs
    if (pause !== null) await sleep(Math.min(Math.max(pause, asked ?? 0), longestPause), undefined, { signal })
  }
  throw new SteerflowError('STEERFLOW_LAUNCHER_UNAVAILABLE', `webhook ${shownUrl(outgoing.url)}: ${last}`)
}

/** One try; a text says why nothing came. */
async function once(
  { url, method, key, body, secret, timeoutMs }: Outgoing,
  signal?: AbortSignal,
): Promise<{ readonly answer: Answer; readonly retryAfterMs: number | null } | string> {
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': key,
    ...signed(secret, key, body, Date.now()),
  }
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(method === 'POST' && { body }),
    })
    const text = await response.text()
    return { answer: { status: response.status, text }, retryAfterMs: retryAfter(response.headers.get('retry-after')) }
  } catch (error) {
    if (signal?.aborted) throw error
    const { cause, message } = error as Error & { readonly cause?: NodeJS.ErrnoException }
    return cause?.code ?? message
  }
}

/** Retry-After, in seconds or as a date (RFC 9110 §10.2.3), in milliseconds. */
function retryAfter(value: string | null): number | null {
  if (value === null) return null
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}
