import { race } from '../../runtime/concurrency.js'

/** How much may be under way or finished and waiting for its turn. */
export interface WindowLimit {
  /** Asked again and again: it may change. */
  readonly records: () => number
  readonly bytes: number
}

interface Entry<O> {
  readonly result: Promise<O>
  readonly bytes: number
  done: boolean
}

/**
 * Works on items side by side and yields the results in the order of the items, those together that are ready together. A
 * result is yielded as soon as those before it are, also while the source is slow.
 * @throws what the source or `work` throws, when it is that item's turn.
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
    // Who fails out of turn is heard when its turn comes.
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
    // A source that is being waited for, such as standard input, ends when it will.
    const closed = Promise.all([items.return?.(), pulled]).catch(() => {})
    if (!pulled) await closed
  }
}

async function rejection(error: unknown): Promise<never> {
  throw error
}
