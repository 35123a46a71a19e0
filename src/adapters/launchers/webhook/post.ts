import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { shownUrl } from '../../inference/credentials.js'
import { wholeAnswer } from '../../foreign-answer.js'
import { Secrets } from '../../secrets.js'
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

export interface WebhookAnswer {
  readonly status: number
  /** Without the secret of the signatures. */
  readonly text: string
  /** What of it is quoted, also without what the URL has of secrets. */
  readonly quoted: (text: string) => string
}

/** Milliseconds before the tries after the first; after them the runtime goes on asking. */
const pauses = [200, 1000, 5000]
/** Longest that an answer may make us wait before the next try. */
const longestPause = 60_000
/** Bytes of the longest answer that is read, expanded. */
const longestAnswer = 1 << 20
const isPassing = (status: number): boolean => status >= 500 || status === 429 || status === 408 || status === 425

/**
 * Sends a signed request, and again when nothing or 408, 425, 429 or 5xx answers it: with the same Idempotency-Key and a
 * new time. Redirects are not followed, since what is signed for one is not for another.
 * @throws STEERFLOW_LAUNCHER_UNAVAILABLE when it got no other answer.
 */
export async function send(outgoing: Outgoing, signal?: AbortSignal): Promise<WebhookAnswer> {
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
): Promise<{ readonly answer: WebhookAnswer; readonly retryAfterMs: number | null } | string> {
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': key,
    ...signed(secret, key, body, Date.now()),
  }
  const sent = secretsOf(secret, headers['webhook-signature'])
  const ofUrl = new Secrets({}, [url])
  const quoted = (text: string): string => ofUrl.cut(sent.cut(text))
  try {
    const { answer: response, text } = await wholeAnswer(
      { ms: timeoutMs, bytes: longestAnswer },
      cancel => fetch(url, { method, headers, redirect: 'manual', signal: cancel, ...(method === 'POST' && { body }) }),
      signal,
    )
    return {
      answer: { status: response.status, text: sent.cut(text), quoted },
      retryAfterMs: retryAfter(response.headers.get('retry-after')),
    }
  } catch (error) {
    if (signal?.aborted) throw error
    const { cause, message } = error as Error & { readonly cause?: NodeJS.ErrnoException }
    return quoted(cause?.code ?? message)
  }
}

/** The secret of signatures, and those that were made with it: what nothing that comes back may repeat. */
export function secretsOf(secret: Buffer, ...signatures: readonly string[]): Secrets {
  const secrets = new Secrets()
  secrets.add(secret, ...signatures.flatMap(text => text.split(' ')).map(text => text.replace(/^v1,/, '')))
  return secrets
}

/** Retry-After, in seconds or as a date (RFC 9110, section 10.2.3), in milliseconds. */
function retryAfter(value: string | null): number | null {
  if (value === null) return null
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}
