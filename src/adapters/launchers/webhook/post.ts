import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { shownUrl } from '../../inference/credentials.js'
import { wholeAnswer } from '../../foreign-answer.js'
import { Secrets } from '../../secrets.js'
import { signed } from './signature.js'

/** An outgoing request. */
export interface Outgoing {
  readonly url: string
  readonly method: 'POST' | 'GET'
  /** Idempotency key: a receiver that gets it twice acts once. */
  readonly key: string
  readonly body: string
  readonly secret: Buffer
  readonly timeoutMs: number
}

export interface WebhookAnswer {
  readonly status: number
  /** The body without secrets of the signatures. */
  readonly text: string
  /** Prepares text for quotation: also removes secrets of the URL. */
  readonly quoted: (text: string) => string
}

/** Delays before each retry, in milliseconds; after the last one the runtime retries. */
const pauses = [200, 1000, 5000]
/** Limit on the delay that an answer may request, in milliseconds. */
const longestPause = 60_000
/** Size limit of an answer, in decompressed bytes. */
const longestAnswer = 1 << 20
const isPassing = (status: number): boolean => status >= 500 || status === 429 || status === 408 || status === 425

/**
 * Sends a signed request, and retries it without an answer or on 408, 425, 429 and 5xx, with the same Idempotency-Key and a
 * new timestamp. Redirects are not followed: a signature is meant for one receiver.
 * @throws STEERFLOW_LAUNCHER_UNAVAILABLE if no other answer came
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

/** One try; a string is the cause of a failure. */
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

/** The signing secret and the signatures made with it, which no returned text may repeat. */
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
