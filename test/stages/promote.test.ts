import { describe, expect, it } from 'vitest'
import type { ModelRecord } from '../../src/domain/model.js'
import { promote } from '../../src/stages/promote.js'
import { portsOf } from '../../src/stages/stage.js'
import { at, metric, registered } from '../support/training.js'

const fold = promote.create({ options: { attribute: '' }, needs: {}, to: portsOf(promote.ports) })

/** Runs records, and everything that they cause, to the end; as the runtime does. */
async function run(records: readonly ModelRecord[]): Promise<readonly ModelRecord[]> {
  const topic = [...records]
  let state = promote.initial()
  for (let next = 0; ;) {
    while (next < topic.length) {
      const record = topic[next++]!
      state = fold.step(state, record, at())
      expect(await fold.act(state, record, at())).toEqual([])
    }
    const [pursuit] = fold.pursue!(state)
    if (!pursuit) return topic
    for (const { value } of await pursuit.run(at().signal)) topic.push(value)
  }
}

describe('promote', () => {
  const [a, b] = [registered('a', [metric(0.5, 0.4)]), registered('b', [metric(0.6, 0.5)])]

  it('decides about each registered model once, one after the other', async () => {
    const topic = await run([a, b])
    expect(topic.slice(2).map(({ model, state }) => [model.at(-1), state])).toEqual([
      ['a', 'active'],
      ['b', 'active'],
      ['a', 'retired'],
    ])
    expect(await run(topic)).toEqual(topic)
  })

  it('asks under a key that stays the same over a restart', () => {
    const keys = [1, 2].map(() => fold.pursue!(fold.step(promote.initial(), a, at())).map(({ key }) => key))
    expect(keys).toEqual([[`value ${a.model}`], [`value ${a.model}`]])
  })
})
