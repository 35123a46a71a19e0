import { expect, test } from 'vitest'
import { attributeSets } from '../../src/domain/attributes.js'
import { emptyDataset, withEvent } from '../../src/domain/dataset-state.js'
import type { ShardManifest } from '../../src/domain/shard.js'
import { manifest } from '../support/training.js'
import { collectGarbage } from '../support/collect-garbage.js'

const attributes = attributeSets['oasst-12@1'].attributes.map(({ key }) => key)

/** A manifest as seal makes it, with label counts; nothing of it is shared with another. */
const sealed = (at: number): ShardManifest => {
  const values = Object.fromEntries(attributes.map(name => [name, { 0: 50 + at, 1: 7, 2: 9, 3: 4, 4: 12 }]))
  const labels = { turns: 180, labelled: 90, values }
  return structuredClone(manifest({ path: `shards/steerlm/v1/train/${at}.jsonl`, records: 60, labels }))
}

test('a dataset of many shards takes a third of the memory of their manifests as text, or less', () => {
  const shards = 5000
  let state = emptyDataset
  let text = 0
  collectGarbage()
  const held = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  const before = held()
  for (let at = 0; at < shards; at++) {
    const one = sealed(at)
    text += JSON.stringify(one).length
    state = withEvent(state, { dataset: 'steerlm', event: 'sealed', at: null, manifest: one }, 0)
  }
  collectGarbage()
  const grown = held() - before
  expect(state.facts.records).toBe(60 * shards)
  expect(grown).toBeLessThan(text / 3)
})
