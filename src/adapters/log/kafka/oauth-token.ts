import { request } from 'undici'
import { z } from 'zod'
import { SteerflowError } from '../../../domain/errors.js'
import { parseOrUndefined } from '../../../domain/json/json.js'
import { BeyondBounds, type Bounds, wholeAnswer } from '../../foreign-answer.js'
import { readSmall } from '../../storage/small-file.js'
import type { TokenSettings } from './settings.js'

/** Tokens for SASL OAUTHBEARER. */
export interface TokenSource {
  /**
   * @throws STEERFLOW_KAFKA_REFUSED if none is available, STEERFLOW_KAFKA_UNREACHABLE if the endpoint does not respond.
   */
  token(): Promise<string>
  /** The brokers refused the last token: the next one must be new. */
  refused(): void
}

/** Share of a token's lifetime during which it is reused; the rest allows for clock differences and slow brokers. */
const USED_SHARE = 0.8
const usual: Bounds = { ms: 10_000, bytes: 1 << 20 }

/** The answer of a token endpoint (RFC 6749, section 5.1). */
const TokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive().optional() })

export function openTokenSource(settings: TokenSettings, bounds: Bounds = usual): TokenSource {
  const { token, tokenFile, tokenEndpoint } = settings
  if (token !== undefined) return { token: async () => token, refused: () => undefined }
  if (tokenFile !== undefined) return { token: () => readTokenFile(tokenFile), refused: () => undefined }
  if (tokenEndpoint !== undefined) return remembering(() => fetchToken(tokenEndpoint, settings, bounds))
  throw new SteerflowError('STEERFLOW_BUG', 'oauthbearer without a way to a token')
}

async function readTokenFile(path: string): Promise<string> {
  const token = await readSmall(path).then(
    text => text.trim(),
    (cause: unknown) => {
      throw new SteerflowError('STEERFLOW_KAFKA_REFUSED', `log.kafka.sasl.tokenFile: ${path} cannot be read`, { cause })
    },
  )
  if (token === '') throw new SteerflowError('STEERFLOW_KAFKA_REFUSED', `log.kafka.sasl.tokenFile: ${path} is empty`)
  return token
}

/** One fetch at a time for all connections, and none while the last token is valid. */
function remembering(fetch: () => Promise<z.output<typeof TokenAnswer>>): TokenSource {
  let usedUntil = 0
  let last: Promise<string> | null = null
  return {
    token: () => {
      if (last !== null && performance.now() < usedUntil) return last
      usedUntil = Infinity
      const asked = performance.now()
      const mine: Promise<string> = fetch().then(
        answer => {
          // A token of unknown lifetime is only shared by the connections that waited for it.
          if (last === mine) usedUntil = asked + (answer.expires_in ?? 0) * 1000 * USED_SHARE
          return answer.access_token
        },
        (error: unknown) => {
          if (last === mine) last = null
          throw error
        },
      )
      return (last = mine)
    },
    refused: () => {
      last = null
    },
  }
}

async function fetchToken(url: string, settings: TokenSettings, bounds: Bounds): Promise<z.output<typeof TokenAnswer>> {
  const { clientId = '', clientSecret = '', scope } = settings
  // RFC 6749, 2.3.1: both are form-encoded before they are joined.
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) })
  const endpoint = 'log.kafka.sasl.tokenEndpoint'
  const headers = {
    authorization: `Basic ${basic}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  }
  const { answer: response, text } = await wholeAnswer(bounds, signal =>
    request(url, { method: 'POST', headers, body: form.toString(), signal }),
  ).catch((cause: unknown) => {
    // A response beyond the limits of size or depth is no token; a retry does not help.
    if (cause instanceof BeyondBounds && cause.bound !== 'time')
      throw new SteerflowError('STEERFLOW_KAFKA_REFUSED', `the answer of ${endpoint} is not a token`, {
        cause,
      })
    throw new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', `${endpoint} does not answer`, { cause })
  })
  const { statusCode } = response
  if (statusCode >= 500 || statusCode === 429) {
    throw new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', `${endpoint} answers ${statusCode}`)
  }
  // The message quotes nothing from the body: some servers echo the request.
  const answer = TokenAnswer.safeParse(parseOrUndefined(text))
  if (statusCode === 200 && answer.success) return answer.data
  const what = statusCode === 200 ? 'something that is not a token' : String(statusCode)
  throw new SteerflowError('STEERFLOW_KAFKA_REFUSED', `${endpoint} answers ${what}`)
}
