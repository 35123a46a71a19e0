import type { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { BeyondBounds, type Body, type Bounds, wholeBody, within } from '../../foreign-answer.js'

/** What is waited for and read of the service; an object is read in pieces, and by its reader's bound of bytes. */
export interface S3Bounds {
  /** Of every answer but an object: a page of a listing has 1,000 names of 1,024 bytes, each of them spelled in full. */
  readonly answer: Bounds
  /** Milliseconds within which the next bytes of an object come. */
  readonly objectMs: number
  /** Pages in a row with nothing in them after which a listing is none (10,000). */
  readonly emptyPages?: number
}

/** A file in parts is put together while its answer comes byte by byte, which takes minutes. */
export const usualBounds: S3Bounds = { answer: { ms: 300_000, bytes: 16 << 20 }, objectMs: 60_000 }

/** Bytes that are sent and read in a millisecond by the slowest way to the service that is put up with. */
const slowest = 16

/** Elements within another of the deepest answer of S3 are five; its reader goes as deep by recursion. */
const deepestXml = 64

interface Exchange {
  readonly response: { readonly statusCode: number; body?: unknown }
}

/** As much as matters here of what makes the SDK's requests. */
interface Handler {
  handle(
    request: { readonly query?: Readonly<Record<string, unknown>>; readonly body?: unknown },
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<Exchange>
}

/**
 * Bounds all that a client is answered: errors, listings and the like are read whole before the SDK sees them, objects
 * must go on coming.
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

/** Whether elements of a text in XML lie deeper in one another. */
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
 * The pieces of an object, as long as they go on coming: who waits for them in all longer than `ms` and what so many bytes
 * take on the slowest way has waited enough. What their reader does meanwhile does not count.
 * @throws BeyondBounds, what reading throws
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
