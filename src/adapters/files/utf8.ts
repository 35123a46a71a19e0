import { isUtf8 } from 'node:buffer'
import { SteerflowError } from '../../domain/errors.js'

/**
 * Decodes UTF-8 strictly: nothing is replaced, a byte order mark is kept.
 * @throws STEERFLOW_INPUT_JSON for invalid UTF-8, with the position of the first wrong byte
 */
export function decodeUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw new SteerflowError('STEERFLOW_INPUT_JSON', `not UTF-8 at byte ${firstInvalid(bytes)}`)
}

/**
 * Index of the first byte that starts no valid UTF-8 sequence: the length of the longest decodable prefix, found by
 * bisection.
 */
function firstInvalid(bytes: Buffer): number {
  let decodable = 0
  let wrong = bytes.length + 1
  while (wrong - decodable > 1) {
    const middle = Math.floor((decodable + wrong) / 2)
    if (decoded(bytes.subarray(0, middle)) === null) wrong = middle
    else decodable = middle
  }
  return Buffer.byteLength(decoded(bytes.subarray(0, decodable)) ?? '')
}

/** The complete characters at the start (a truncated last one is left out); null if a byte is wrong. */
function decoded(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true })
  } catch {
    return null
  }
}
