import { SteerflowError } from '../../domain/errors.js'
import { shellWord } from '../../domain/shell-word.js'

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

/** Counts the bytes of an input before and after its decompression. */
export class Meter {
  taken = 0
  given = 0

  constructor(
    private readonly name: string,
    private readonly limit: BombLimit,
  ) {}

  /** @throws STEERFLOW_INPUT_TORN when the input expands beyond the limit */
  give(bytes: number): void {
    this.given += bytes
    if (this.given > this.limit.bytes && this.given > this.taken * this.limit.ratio)
      throw torn(this.name, `expands to more than ${this.limit.ratio} times its size, beyond ${this.limit.bytes} bytes`)
  }

  early(cause?: unknown): SteerflowError {
    return this.fault('the compressed data ends early, at', cause)
  }

  damaged(cause?: unknown): SteerflowError {
    return this.fault('the compressed data is damaged before', cause)
  }

  wrongChecksum(): SteerflowError {
    return this.fault('the checksum is wrong: the compressed data is damaged before')
  }

  /** The error for bytes that do not begin a piece of this format: the first one, or one behind others. */
  foreign(format: string, isFirst: boolean): SteerflowError {
    return this.fault(
      isFirst ? `the data is not ${format} at` : `the ${format} data is whole, but other bytes follow at`,
    )
  }

  /** The error for a fault in the compressed bytes. */
  fault(what: string, cause?: unknown): SteerflowError {
    return torn(this.name, `${what} byte ${this.taken}; ${this.given} bytes of text came before`, cause)
  }
}

/** The error for a damaged input, or one that ends early. */
export function torn(input: string, reason: string, cause?: unknown): SteerflowError {
  const isStdin = input === '-'
  const check = input.endsWith('.gz') ? ` (gzip -t ${shellWord(input)} checks it)` : ''
  const next = isStdin
    ? 'Feed the whole input to the same command again; `ingest` and `annotate` resume after the data that they have.'
    : `Fetch ${input} again${check}, then run the same command: \`ingest\` and \`annotate\` resume after the data that they have.`
  const name = isStdin ? 'standard input' : input
  return new SteerflowError('STEERFLOW_INPUT_TORN', `${name}: ${reason}`, { cause, next })
}
