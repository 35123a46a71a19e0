import { deepest, isDeeper } from '../domain/json/json.js'
import { inTime } from '../runtime/concurrency.js'

/**
 * What an answer of somebody else may take at most. Nobody else's answer is waited for, gathered or taken apart without
 * these: a server may accept and say nothing, send a byte a second, send without end, or nest without end.
 */
export interface Bounds {
  /** Milliseconds from the question to the last byte of the answer. */
  readonly ms: number
  /** Bytes, expanded where they came compressed. */
  readonly bytes: number
}

/** An answer is beyond a bound. Its message says which; who it was, and what to do, says the error that it is a cause of. */
export class BeyondBounds extends Error {
  constructor(
    readonly bound: 'time' | 'size' | 'depth',
    message: string,
  ) {
    super(message)
  }
}

export type Body = AsyncIterable<Uint8Array> | null | undefined

/**
 * Asks, and reads the whole answer as text, fit to be parsed as JSON. The signal that the question gets is aborted when
 * the time is over, or `given` is.
 * @throws BeyondBounds, what asking throws, the reason of `given`
 */
export const wholeAnswer = <A extends { readonly body: unknown }>(
  bounds: Bounds,
  ask: (signal: AbortSignal) => Promise<A>,
  given?: AbortSignal,
): Promise<{ readonly answer: A; readonly text: string }> =>
  within(
    bounds.ms,
    async signal => {
      const answer = await ask(signal)
      const text = (await wholeBody(answer.body as Body, bounds.bytes)).toString('utf8')
      return { answer, text: notDeep(text) }
    },
    given,
  )

/**
 * What a question becomes. Whoever is asked may listen to the signal or not: the time is over when it is over.
 * @throws BeyondBounds, what asking throws, the reason of `given`
 */
export async function within<T>(ms: number, ask: (signal: AbortSignal) => Promise<T>, given?: AbortSignal): Promise<T> {
  given?.throwIfAborted()
  const stop = new AbortController()
  const end = (): void => stop.abort(given?.reason)
  given?.addEventListener('abort', end)
  const late = new BeyondBounds('time', `no whole answer within ${ms} ms`)
  try {
    return await inTime(ask(stop.signal), ms, late)
  } catch (error) {
    if (error === late) stop.abort(late)
    throw error
  } finally {
    given?.removeEventListener('abort', end)
  }
}

/** The bytes of a body; of one that is longer no more is read, and it is closed. @throws BeyondBounds */
export async function wholeBody(body: Body, most: number): Promise<Buffer> {
  // One buffer that grows, not a list of pieces: a piece of one byte would take a hundred.
  let held = Buffer.alloc(0)
  let length = 0
  for await (const piece of body ?? []) {
    const bytes = length + piece.byteLength
    if (bytes > most) throw new BeyondBounds('size', `an answer of more than ${most} bytes`)
    if (bytes > held.byteLength) {
      const wider = Buffer.allocUnsafeSlow(Math.min(most, Math.max(bytes, 2 * held.byteLength, 4096)))
      held.copy(wider, 0, 0, length)
      held = wider
    }
    held.set(piece, length)
    length = bytes
  }
  return held.subarray(0, length)
}

/** A text that is to be parsed. @throws BeyondBounds */
export function notDeep(text: string): string {
  if (isDeeper(text, deepest.value))
    throw new BeyondBounds('depth', `an answer nested deeper than ${deepest.value} levels`)
  return text
}
