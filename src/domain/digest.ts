import { createHash } from 'node:crypto'

/** sha256 in lower-case hex of the parts; each part is prefixed with its length, so that no two lists collide. */
export function digest(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part
    hash.update(`${bytes.byteLength}:`).update(bytes)
  }
  return hash.digest('hex')
}

/** sha256 in lower-case hex of exactly these bytes, as `sha256sum` prints it. */
export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
