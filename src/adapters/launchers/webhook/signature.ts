import { createHmac, timingSafeEqual } from 'node:crypto'
import { SteerflowError } from '../../../domain/errors.js'
import { readSmall } from '../../storage/small-file.js'

/**
 * Signatures of HTTP messages after the Standard Webhooks specification: HMAC-SHA256 over id, time and body, so that neither
 * an old message with a new time nor another message with an old signature is accepted.
 */
export interface SignedHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

/**
 * The secret from the variable or file.
 * @throws STEERFLOW_CONFIG_INVALID if there is none; no message contains it
 */
export async function readSecret(
  { secretEnv, secretFile }: { readonly secretEnv: string; readonly secretFile: string },
  env: NodeJS.ProcessEnv = process.env,
): Promise<Buffer> {
  const where = secretFile === '' ? `the variable ${secretEnv}` : `the file ${secretFile}`
  const text = secretFile === '' ? env[secretEnv] : await readSmall(secretFile).catch(() => undefined)
  const secret = text?.trim() ?? ''
  const bytes = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
  if (bytes.length >= 16) return bytes
  const why = bytes.length === 0 ? 'has no secret' : 'has a secret of less than 16 bytes'
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `launchers.webhook: ${where} ${why}`)
}

const mac = (secret: Buffer, id: string, seconds: string, body: string): Buffer =>
  createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest()

/** Headers that sign a body. @param now in milliseconds */
export function signed(secret: Buffer, id: string, body: string, now: number): SignedHeaders {
  const seconds = String(Math.floor(now / 1000))
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${mac(secret, id, seconds, body).toString('base64')}`,
  }
}

/** Why a message has no recent valid signature; null if it has one. */
export function whyUnsigned(
  secret: Buffer,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: string,
  { now, toleranceMs }: { readonly now: number; readonly toleranceMs: number },
): string | null {
  const { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': given } = headers
  if (typeof id !== 'string' || typeof seconds !== 'string' || typeof given !== 'string') return 'it is not signed'
  if (!/^\d{1,12}$/.test(seconds) || Math.abs(Number(seconds) * 1000 - now) > toleranceMs) {
    return 'its time is too far from ours'
  }
  const expected = mac(secret, id, seconds, body)
  // During a change of secrets, a sender may sign with both.
  const matches = given.split(' ').some(one => {
    const [version, text = ''] = one.split(',')
    const bytes = Buffer.from(text, 'base64')
    return version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected)
  })
  return matches ? null : 'its signature is wrong'
}
