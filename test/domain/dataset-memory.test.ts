import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { emptyDataset, withEvent } from '../../src/domain/dataset-state.js'
import type { ShardManifest } from '../../src/domain/shard.js'
import { manifest } from '../support/training.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const attributes = [
  'spam',
  'pii',
  'hate_speech',
  'quality',
  'toxicity',
  'humor',
  'creativity',
  'violence',
  'helpfulness',
]

/** A manifest as seal makes it, with label counts; nothing of it is shared with another. */
const sealed = (at: number): ShardManifest => {
  const values = Object.fromEntries(attributes.map(name => [name, { 0: 50 + at, 1: 7, 2: 9, 3: 4, 4: 12 }]))
  const labels = { turns: 180, labelled: 90, values }
  return structuredClone(manifest({ path: `shards/steerlm/v1/train/${at}.jsonl`, records: 60, labels }))
}

test('a dataset of many shards takes little more memory than their manifests as text', () => {
  const shards = 5000
  let state = emptyDataset
  let text = 0
  collect()
  const before = process.memoryUsage().heapUsed
  for (let at = 0; at < shards; at++) {
    const one = sealed(at)
    text += JSON.stringify(one).length
    state = withEvent(state, { dataset: 'steerlm', event: 'sealed', at: null, manifest: one }, 0)
  }
  collect()
  const grown = process.memoryUsage().heapUsed - before
  expect(state.facts.records).toBe(60 * shards)
  expect(grown).toBeLessThan(1.5 * text)
})
