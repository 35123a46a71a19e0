import { createGunzip } from 'node:zlib'
import { SteerflowError } from '../../domain/errors.js'
import { shellWord } from '../../domain/shell-word.js'
import { race } from '../../runtime/concurrency.js'

/** When an input counts as a decompression bomb: if it exceeds both bytes and ratio, or the lines. */
export interface BombLimit {
  /** Decompressed bytes. */
  readonly bytes: number
  /** Decompressed bytes per compressed byte. */
  readonly ratio: number
  /** Lines, if they also exceed the compressed bytes: each would be a dead letter. */
  readonly lines: number
}

/** Text compresses 3 to 20 times; nothing written by people expands to more than 1 GiB at over 200 times. */
export const defaultBombLimit: BombLimit = { bytes: 2 ** 30, ratio: 200, lines: 2 ** 20 }

/**
 * Decompresses gzip with one or several members. Data before a damage is yielded first: all of it if the input only ends
 * early, all but the last 16 KiB (compressed) if bytes are wrong.
 * @throws STEERFLOW_INPUT_TORN if the input ends early, is damaged, or expands beyond `limit`
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

  /** The data decompressed so far: at most the expansion of one compressed chunk. */
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
        const error = await race([written, failure])
        yield* ready()
        if (error) throw torn(name, damage(error, taken, given), error)
      }
    }
    gzip.end()
    const error = await race([ended, failure])
    yield* ready()
    if (error) throw torn(name, damage(error, taken, given), error)
  } finally {
    gzip.destroy()
  }
}

/** A compressed chunk of this size expands to at most 17 MB, since deflate's limit is 1032 times. */
const feedBytes = 16 * 1024

/** Position of the damage, and amount of data before it. */
const damage = ({ message }: Error, taken: number, given: number): string =>
  `${message.includes('unexpected end') ? 'the compressed data ends early, at' : 'the compressed data is damaged before'} ` +
  `byte ${taken}; ${given} bytes of text came before`

/** The error for a damaged compressed input. */
export function torn(input: string, reason: string, cause?: unknown): SteerflowError {
  const isStdin = input === '-'
  const next = isStdin
    ? 'Feed the whole input to the same command again; `ingest` and `annotate` resume after the data that they have.'
    : `Fetch ${input} again (gzip -t ${shellWord(input)} checks it), then run the same command: \`ingest\` and \`annotate\` resume after the data that they have.`
  const name = isStdin ? 'standard input' : input
  return new SteerflowError('STEERFLOW_INPUT_TORN', `${name}: ${reason}`, { cause, next })
}
