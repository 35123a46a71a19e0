import { expect, it } from 'vitest'
import { KafkaClaim } from '../../../../src/adapters/log/kafka/claim.js'
import { type Batch, offset } from '../../../../src/runtime/log.js'

const nothing = async (): Promise<never> => {
  throw new Error('nobody asks for this')
}
const committer = {
  committed: offset(0),
  settle: nothing,
  expect: nothing,
  commit: nothing,
  stop: async () => undefined,
}

it('looks at an idle partition again and again without leaving anything on the fetch that is under way', async () => {
  let subscriptions = 0
  class Fetch extends Promise<Batch> {
    static override get [Symbol.species]() {
      return Promise
    }
    override then<A, B>(
      fulfilled?: ((batch: Batch) => A | PromiseLike<A>) | null,
      rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
    ) {
      subscriptions++
      return super.then(fulfilled, rejected)
    }
  }
  const fetches: Fetch[] = []
  const claim = new KafkaClaim('g', 't', 0, committer as never, {
    next: () => {
      fetches.push(new Fetch(() => undefined))
      return fetches.at(-1)!
    },
    ended: () => undefined,
    place: () => ({}) as never,
    look: nothing,
    extent: nothing,
    topicId: null,
    topicIdNow: nothing,
    onFenced: () => undefined,
  })
  for (let look = 0; look < 100; look++)
    expect(await claim.read({ records: 1, bytes: 1 }, 0)).toEqual({ records: [], next: 0n })
  expect(fetches).toHaveLength(1)
  // One for the error that nobody waits for, one for the next reader.
  expect(subscriptions).toBe(2)
  await claim.release()
})
