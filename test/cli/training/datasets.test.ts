import { describe, expect, it } from 'vitest'
import type { ShardEvent, ShardManifest } from '../../../src/domain/shard.js'
import { datasetNames, datasetRows, decisionsOn, decisionText, liveOf } from '../../../src/cli/training/datasets.js'
import { attributeSetName, job, manifest, snapshot } from '../../support/training.js'

const sealed = (given: Partial<ShardManifest>): ShardEvent => {
  const shard = manifest(given)
  return { dataset: shard.dataset, event: 'sealed', at: null, manifest: shard }
}

const events: readonly ShardEvent[] = [
  sealed({ dataset: 'value-model', records: 100 }),
  sealed({ dataset: 'value-model', version: 2, records: 7 }),
  sealed({ dataset: 'value-model', version: 2, records: 2, split: 'validation' }),
  sealed({ dataset: 'steerlm', records: 5 }),
  { dataset: 'steerlm', event: 'idle', at: '2026-01-01T00:00:00.000Z', manifest: null },
]

describe('datasetRows', () => {
  it('counts the live version of each dataset and names its last snapshot', () => {
    expect(datasetNames(events)).toEqual(['steerlm', 'value-model'])
    expect(datasetRows(events, [job({ state: 'refused' }), job({ snapshot: { ...snapshot, path: 'p' } })])).toEqual([
      {
        dataset: 'steerlm',
        version: 1,
        train: 5,
        validation: 0,
        shards: 1,
        bytes: 100,
        attribute_sets: [attributeSetName],
        snapshot: null,
      },
      {
        dataset: 'value-model',
        version: 2,
        train: 7,
        validation: 2,
        shards: 2,
        bytes: 200,
        attribute_sets: [attributeSetName],
        snapshot: 'p',
      },
    ])
    expect(liveOf(events, 'value-model').map(({ records }) => records)).toEqual([7, 2])
  })
})

describe('decisions', () => {
  it('are the requests and refusals of a dataset, without retries and later steps', () => {
    const kept = [job({ state: 'refused' }), job()]
    const others = [job({ dataset: 'other' }), job({ state: 'launching', attempt: 1 }), job({ attempt: 1 })]
    expect(decisionsOn([...kept, ...others], 'value-model')).toEqual(kept)
  })

  it('say rule and values', () => {
    expect(decisionText(job())).toBe(
      'train: records>=1 and new>=1 (records=10, new=10) → value-model-dddddddddddd-baseline',
    )
  })
})
