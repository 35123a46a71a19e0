import { type ErrorCode, SteerflowError } from '../../../domain/errors.js'

/** What of an error of the SDK tells what happened; https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
interface Failure {
  readonly name?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** Answers that another try may change, although their status says that the request is wrong. */
const passing = new Set([
  'BadDigest',
  'IncompleteBody',
  'NoSuchUpload',
  'OperationAborted',
  'RequestTimeout',
  'SlowDown',
  'XAmzContentChecksumMismatch',
])

/** What nobody but a person can change. */
const refusing = new Set([
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidBucketName',
  'NoSuchBucket',
  'NotFoundBucket',
  'PermanentRedirect',
])

/** What a failed request means: the service is away, it refuses us, or there is something wrong with the file. */
export function codeOf(error: unknown): ErrorCode {
  const { name = '', $metadata } = error as Failure
  const status = $metadata?.httpStatusCode
  if (passing.has(name)) return 'STEERFLOW_STORAGE_AWAY'
  if (refusing.has(name) || status === 301 || status === 307 || status === 401 || status === 403) {
    return 'STEERFLOW_STORAGE_REFUSED'
  }
  // Without a status no answer came. An answer that could not be parsed comes from something before the service.
  return status === undefined || status === 429 || status >= 500 || status < 300
    ? 'STEERFLOW_STORAGE_AWAY'
    : 'STEERFLOW_STORAGE'
}

/** Pages in a row with nothing in them after which a listing is none; there are some where much was deleted. */
const mostEmpty = 10_000

/** Where a listing has gone on. Remembers one mark, however many pages there are (Brent's search for a circle). */
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
   * @param found what the page before had
   * @throws STEERFLOW_STORAGE where it goes on as it did before, or with nothing: it would never end
   */
  goOn(mark: string, found: number): void {
    this.#empty = found > 0 ? 0 : this.#empty + 1
    if (this.#empty > this.most) {
      throw new SteerflowError('STEERFLOW_STORAGE', `cannot ${this.what}: ${this.most} pages have nothing in them`)
    }
    if (mark === this.#remembered) {
      throw new SteerflowError('STEERFLOW_STORAGE', `cannot ${this.what}: the listing goes in a circle`)
    }
    if (++this.#steps < this.#until) return
    this.#remembered = mark
    this.#until *= 2
    this.#steps = 0
  }
}

/** Makes a request; what fails in it says what it means. */
export async function asking<T>(what: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (cause) {
    if (cause instanceof SteerflowError) throw cause
    const { name = 'Error', code, message = '' } = cause as Failure & Partial<Error>
    const why = [name, code].filter(part => part && part !== 'Error').join(' ')
    // The SDK's error holds the whole exchange, with what authorises it: that must not get into a log.
    const plain = Object.assign(new Error(message), { name })
    throw new SteerflowError(codeOf(cause), `cannot ${what}${why && ` (${why})`}`, { cause: plain })
  }
}
