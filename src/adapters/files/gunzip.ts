import { createGunzip } from 'node:zlib'
import { SteerflowError } from '../../domain/errors.js'

/** When an input counts as a decompression bomb: both must be exceeded. */
export interface BombLimit {
  /** Expanded bytes. */
  readonly bytes: number
  /** Expanded bytes for each compressed byte. */
  readonly ratio: number
}

/** Text compresses 3 to 20 times; nothing that people write expands to more than 1 GiB at over 200 times. */
export const defaultBombLimit: BombLimit = { bytes: 2 ** 30, ratio: 200 }

/**
 * Expands gzip, one member or several. What comes before a damage is yielded first: all of it where the input merely
 * ends early, all but the last 16 KiB (compressed) where its bytes are wrong.
 * @throws STEERFLOW_INPUT_TORN when the input ends early, is damaged, or expands beyond `limit`.
 */
export async function* gunzip(
  compressed: AsyncIterable<Buffer>,
  name: string,
  limit: BombLimit = defaultBombLimit,
): AsyncGenerator<Buffer> {
  const gzip = createGunzip({ chunkSize: 128 * 1024 })
  const failure = new Promise<Error>(resolve => gzip.once('error', resolve))
  const ended = new Promise<null>(resolve => gzip.once('end', () => resolve(null)))
  let expanded: Buffer[] = []
  gzip.on('data', (chunk: Buffer) => expanded.push(chunk))
  let taken = 0
  let given = 0

  /** What has been expanded so far: at most the expansion of one compressed chunk. */
  function* ready(): Generator<Buffer> {
    const chunks = expanded
    expanded = []
    for (const chunk of chunks) {
      given += chunk.length
      if (given > limit.bytes && given > taken * limit.ratio)
        throw torn(name, `expands to more than ${limit.ratio} times its size, beyond ${limit.bytes} bytes`)
      yield chunk
    }
  }

  try {
    for await (const chunk of compressed) {
      for (let at = 0; at < chunk.length; at += feedBytes) {
        const part = chunk.subarray(at, at + feedBytes)
        taken += part.length
        const written = new Promise<null>(resolve => gzip.write(part, error => error ?? resolve(null)))
        const error = await Promise.race([written, failure])
        yield* ready()
        if (error) throw torn(name, error.message, error)
      }
    }
    gzip.end()
    const error = await Promise.race([ended, failure])
    yield* ready()
    if (error) throw torn(name, error.message, error)
  } finally {
    gzip.destroy()
  }
}

/** A compressed chunk of this size expands to at most 17 MB, deflate's limit being 1032 times. */
const feedBytes = 16 * 1024

const torn = (name: string, reason: string, cause?: unknown) =>
  new SteerflowError('STEERFLOW_INPUT_TORN', `${name}: ${reason}`, { cause })
