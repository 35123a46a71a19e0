import { expect, it, onTestFinished } from 'vitest'
import { type TopicIdentity, TopicWatch } from '../../../../src/adapters/log/kafka/topic-ids.js'

const [first, second] = ['a'.repeat(32), 'b'.repeat(32)]

/** What a watch says that is shown these looks, one after the other; the last again and again. */
async function told(looks: readonly (TopicIdentity | undefined | Error)[], rounds: number): Promise<TopicIdentity[]> {
  const said: TopicIdentity[] = []
  let at = 0
  const done = new Promise<void>(resolve => {
    const look = async (): Promise<ReadonlyMap<string, TopicIdentity>> => {
      if (at === rounds) resolve()
      const seen = looks[Math.min(at++, looks.length - 1)]
      if (seen instanceof Error) throw seen
      return new Map(seen === undefined ? [] : [['t', seen]])
    }
    const watch = new TopicWatch(
      { look },
      () => new Map([['t', first]]),
      (_, now) => said.push(now),
      1,
    )
    onTestFinished(() => watch.close())
    watch.start()
  })
  await done
  return said
}

it.each<[string, readonly (TopicIdentity | undefined | Error)[], readonly TopicIdentity[]]>([
  ['the same id', [first], []],
  ['another id', [first, second, first], [second]],
  ['no such topic, for a moment', [first, 'none', 'none', first], []],
  ['no such topic, again and again', ['none', 'none', 'none', first], ['none']],
  ['no answer', [new Error('away'), undefined, first], []],
  ['no answer between', ['none', undefined, 'none', 'none', first], []],
])('%s', async (_, looks, expected) => {
  expect(await told(looks, looks.length + 2)).toEqual(expected)
})
