import { race } from '../../runtime/concurrency.js'

/** Limits on items that are in flight, or finished and waiting for earlier ones. */
export interface WindowLimit {
  /** Called for every item, since the limit may change. */
  readonly records: () => number
  readonly bytes: number
}

interface Entry<O> {
  readonly result: Promise<O>
  readonly bytes: number
  done: boolean
}

/**
 * Processes items concurrently and yields results in input order; results that are ready together come together. A result is
 * yielded as soon as all earlier ones are, even while the source is slow.
 * @throws errors of the source or of `work`, in the order of the items
 */
export async function* inOrder<I extends { readonly bytes: { readonly length: number } }, O>(
  source: AsyncIterable<I>,
  work: (item: I) => Promise<O>,
  limit: WindowLimit,
): AsyncGenerator<readonly O[]> {
  const items = source[Symbol.asyncIterator]()
  const window: Entry<O>[] = []
  let bytes = 0
  let pulled: Promise<void> | null = null
  let ended = false

  const add = (result: Promise<O>, size: number): void => {
    const entry: Entry<O> = { result, bytes: size, done: false }
    // A failure is raised later, in the order of the items.
    result.then(
      () => (entry.done = true),
      () => {},
    )
    window.push(entry)
    bytes += size
  }
  const pull = async (): Promise<void> => {
    try {
      const next = await items.next()
      if (next.done) ended = true
      else add(work(next.value), next.value.bytes.length)
    } catch (error) {
      ended = true
      add(rejection(error), 0)
    }
    pulled = null
  }

  try {
    for (;;) {
      const room = window.length < limit.records() && (window.length === 0 || bytes < limit.bytes)
      if (!ended && room) pulled ??= pull()
      const head = window[0]
      if (!head && !pulled) return
      await race([pulled, head?.result].filter(event => event !== undefined && event !== null))
      if (!head?.done) continue
      const results: O[] = []
      for (let first = window[0]; first?.done; first = window[0]) {
        results.push(await first.result)
        bytes -= first.bytes
        window.shift()
      }
      yield results
    }
  } finally {
    // A pending source, such as standard input, ends on its own; do not wait for it.
    const closed = Promise.all([items.return?.(), pulled]).catch(() => {})
    if (!pulled) await closed
  }
}

async function rejection(error: unknown): Promise<never> {
  throw error
}
