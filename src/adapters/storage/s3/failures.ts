import { type ErrorCode, SteerflowError } from '../../../domain/errors.js'

/** The relevant fields of an SDK error; https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
interface Failure {
  readonly name?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** Answers worth a retry, although their status says that the request is wrong. */
const passing = new Set([
  'BadDigest',
  'IncompleteBody',
  'NoSuchUpload',
  'OperationAborted',
  'RequestTimeout',
  'SlowDown',
  'XAmzContentChecksumMismatch',
])

/** Answers that only an operator can resolve. */
const refusing = new Set([
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidBucketName',
  'NoSuchBucket',
  'NotFoundBucket',
  'PermanentRedirect',
])

/** Meaning of a failed request: the service is down, it refuses us, or the file has a problem. */
export function codeOf(error: unknown): ErrorCode {
  const { name = '', $metadata } = error as Failure
  const status = $metadata?.httpStatusCode
  if (passing.has(name)) return 'STEERFLOW_STORAGE_AWAY'
  if (refusing.has(name) || status === 301 || status === 307 || status === 401 || status === 403) {
    return 'STEERFLOW_STORAGE_REFUSED'
  }
  // Without a status there was no answer. An unparsable answer comes from a proxy before the service.
  return status === undefined || status === 429 || status >= 500 || status < 300
    ? 'STEERFLOW_STORAGE_AWAY'
    : 'STEERFLOW_STORAGE'
}

/** Limit on consecutive empty pages of a listing; some occur after many deletions. */
const mostEmpty = 10_000

/** Detects a listing that loops. It remembers only one mark, however many pages there are (Brent's cycle detection). */
export class Marks {
  #remembered: string | null = null
  #steps = 0
  #until = 1
  #empty = 0

  constructor(
    private readonly what: string,
    private readonly most = mostEmpty,
  ) {}

  /**
   * @param found number of entries on the previous page
   * @throws STEERFLOW_STORAGE if the listing loops, or has only empty pages: it would never end
   */
  goOn(mark: string, found: number): void {
    this.#empty = found > 0 ? 0 : this.#empty + 1
    if (this.#empty > this.most) {
      throw new SteerflowError('STEERFLOW_STORAGE', `cannot ${this.what}: ${this.most} consecutive pages are empty`)
    }
    if (mark === this.#remembered) {
      throw new SteerflowError('STEERFLOW_STORAGE', `cannot ${this.what}: the listing loops`)
    }
    if (++this.#steps < this.#until) return
    this.#remembered = mark
    this.#until *= 2
    this.#steps = 0
  }
}

/** Makes a request and maps its failure to an error code. */
export async function asking<T>(what: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (cause) {
    if (cause instanceof SteerflowError) throw cause
    const { name = 'Error', code, message = '' } = cause as Failure & Partial<Error>
    const why = [name, code].filter(part => part && part !== 'Error').join(' ')
    // The SDK's error contains the whole exchange with its credentials, which must not get into a log.
    const plain = Object.assign(new Error(message), { name })
    throw new SteerflowError(codeOf(cause), `cannot ${what}${why && ` (${why})`}`, { cause: plain })
  }
}
