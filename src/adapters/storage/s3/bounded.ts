import type { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { BeyondBounds, type Body, type Bounds, wholeBody, within } from '../../foreign-answer.js'

/** Limits on answers of the service. An object is read in pieces, and its reader limits its bytes. */
export interface S3Bounds {
  /** Limits of every answer except objects; a page of a listing has 1,000 names of 1,024 bytes, each spelled in full. */
  readonly answer: Bounds
  /** Timeout for the next bytes of an object, in milliseconds. */
  readonly objectMs: number
  /** Limit on consecutive empty pages of a listing (default 10,000). */
  readonly emptyPages?: number
}

/** The service assembles a multipart file while its answer trickles, which takes minutes. */
export const usualBounds: S3Bounds = { answer: { ms: 300_000, bytes: 16 << 20 }, objectMs: 60_000 }

/** Lowest accepted transfer rate, in bytes per millisecond. */
const slowest = 16

/** Limit on nested elements. S3's answers have at most five levels, and their parser recurses as deeply as they nest. */
const deepestXml = 64

interface Exchange {
  readonly response: { readonly statusCode: number; body?: unknown }
}

/** The part of the SDK's request handler that is used here. */
interface Handler {
  handle(
    request: { readonly query?: Readonly<Record<string, unknown>>; readonly body?: unknown },
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<Exchange>
}

/**
 * Limits all answers to a client: errors and listings are read completely before the SDK sees them, and objects must keep
 * arriving.
 */
export function boundAnswers({ config }: S3Client, bounds: S3Bounds): void {
  const handler = config.requestHandler as Handler
  const handle = handler.handle.bind(handler)
  handler.handle = async (request, options = {}) => {
    const given = options.abortSignal
    const { query = {}, body } = request
    const exchange = (abortSignal: AbortSignal): Promise<Exchange> => handle(request, { ...options, abortSignal })
    const read = async (signal: AbortSignal): Promise<Exchange> => whole(await exchange(signal), bounds.answer.bytes)
    if (query['x-id'] !== 'GetObject') {
      const sending = body instanceof Uint8Array ? body.byteLength / slowest : 0
      return within(bounds.answer.ms + sending, read, given)
    }
    const answer = await within(bounds.objectMs, exchange, given)
    const isObject = answer.response.statusCode < 300
    return isObject ? answer : within(bounds.objectMs, () => whole(answer, bounds.answer.bytes), given)
  }
}

async function whole(exchange: Exchange, most: number): Promise<Exchange> {
  const { response } = exchange
  const bytes = await wholeBody(response.body as Body, most)
  if (nestsDeeper(bytes.toString('latin1'))) {
    throw new BeyondBounds('depth', `an answer nested deeper than ${deepestXml} levels`)
  }
  response.body = bytes
  return exchange
}

/** True if XML elements nest deeper than the limit. */
function nestsDeeper(xml: string): boolean {
  let depth = 0
  for (let at = xml.indexOf('<'); at !== -1; at = xml.indexOf('<', at + 1)) {
    const next = xml[at + 1]
    if (next === '!' || next === '?') continue
    if (next === '/') depth--
    else if (++depth > deepestXml) return true
    else if (xml[xml.indexOf('>', at) - 1] === '/') depth--
  }
  return false
}

/**
 * The pieces of an object while they keep arriving. It fails if the waits add up to more than `ms` plus the time of the
 * received bytes at the lowest rate. Time spent by the reader does not count.
 * @throws BeyondBounds, errors of reading
 */
export async function* goingOn(object: Readable, ms: number): AsyncIterable<Buffer> {
  const pieces = (object as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let left = ms
  try {
    for (;;) {
      const asked = performance.now()
      const next = await within(left, () => pieces.next()).catch((error: unknown) => {
        throw error instanceof BeyondBounds ? new BeyondBounds('time', `no more than a trickle within ${ms} ms`) : error
      })
      if (next.done) return
      left = Math.min(ms, left - (performance.now() - asked) + next.value.byteLength / slowest)
      yield next.value
    }
  } finally {
    object.destroy()
  }
}
