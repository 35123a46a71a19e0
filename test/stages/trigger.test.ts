import { describe, expect, it } from 'vitest'
import { type ShardEvent, type ShardManifest } from '../../src/domain/shard.js'
import { trigger } from '../../src/stages/trigger.js'
import { portsOf } from '../../src/stages/stage.js'
import { at, manifest, snapshot } from '../support/training.js'

const sealed = (given: Partial<ShardManifest> = {}): ShardEvent => {
  const shard = manifest(given)
  return { dataset: shard.dataset, event: 'sealed', at: null, manifest: shard }
}
const idle: ShardEvent = { dataset: 'steerlm', event: 'idle', at: '1970-01-01T00:00:01.000Z', manifest: null }

/** Runs a trigger over events; returns what each caused and the manifests that were materialised. */
async function run(events: readonly ShardEvent[], steerlm: object = { trainer: 'baseline', launcher: 'exec' }) {
  const materialised: (readonly ShardManifest[])[] = []
  const fold = trigger.create({
    options: trigger.options.parse({ datasets: { steerlm } }),
    needs: {
      snapshots: {
        materialise: async (dataset, manifests) => {
          materialised.push(manifests)
          return { ...snapshot, dataset, digest: `${manifests.length}`.padEnd(64, '0') }
        },
      },
    },
    to: portsOf(trigger.ports),
  })
  let state = fold.open()
  const caused = []
  for (const event of events) {
    state = fold.step(state, event)
    caused.push((await fold.act(state, event, at())).map(emission => emission.value))
  }
  const idleAt = (...topics: readonly string[]) => fold.idle!(state, { sealed: topics, now: 1000 })
  return { caused, materialised, idleAt, last: caused.at(-1)?.[0] }
}

describe('trigger', () => {
  it('asks for a job when the sources have ended, with rule and values', async () => {
    const { caused, last, materialised } = await run([sealed(), sealed({ split: 'validation', records: 3 }), idle])
    expect(caused.map(events => events.length)).toEqual([0, 0, 1])
    expect(materialised[0]).toHaveLength(2)
    expect(last).toMatchObject({
      job: 'steerlm-200000000000-baseline',
      state: 'requested',
      attempt: 0,
      trainer: 'baseline',
      launcher: 'exec',
      decision: { train: true, rule: 'records>=1 and new>=1', values: { records: 10, new: 10 } },
    })
  })

  it('records a refusal, and trains later when there is enough', async () => {
    const settings = { trainer: 'baseline', launcher: 'exec', when: { records: 15 } }
    const { caused } = await run([sealed(), idle, sealed({ from: '10' }), idle], settings)
    expect(caused[1]?.[0]).toMatchObject({
      state: 'refused',
      decision: { train: false, rule: 'records>=15 and new>=1' },
    })
    expect(caused[3]?.[0]).toMatchObject({ state: 'requested', decision: { values: { records: 20, new: 20 } } })
  })

  it('asks for a job while sources run, whenever enough is new', async () => {
    const settings = { trainer: 'baseline', launcher: 'exec', when: { newSinceLast: 20 } }
    const { caused } = await run([sealed(), sealed(), sealed(), sealed(), sealed()], settings)
    expect(caused.map(events => events.length)).toEqual([0, 1, 0, 1, 0])
  })

  it('trains on the highest version only, and counts it as new', async () => {
    const { last, materialised } = await run([sealed(), idle, sealed({ version: 2, records: 4 }), sealed(), idle])
    expect(materialised.at(-1)).toEqual([manifest({ version: 2, records: 4 })])
    expect(last).toMatchObject({ state: 'requested', decision: { values: { records: 4, new: 4 } } })
  })

  it('does not train on labels of two attribute sets', async () => {
    const { last } = await run([sealed(), sealed({ attribute_set: 'helpsteer-5@1' }), idle])
    expect(last?.decision).toEqual({
      train: false,
      rule: 'one attribute set',
      values: { records: 20, new: 20, attribute_sets: 'helpsteer-5@1, oasst-12-lang@1' },
    })
  })

  it('only makes snapshots of a dataset without a trainer', async () => {
    const { last, materialised } = await run([sealed(), idle], {})
    expect(materialised).toHaveLength(1)
    expect(last).toMatchObject({ state: 'refused', decision: { rule: 'a trainer is set' } })
  })

  it('records that the sources are idle once everything of the dataset is sealed, and once only', async () => {
    const events = [sealed(), sealed({ topic: 'other' })]
    const { idleAt } = await run(events)
    expect(idleAt('conversations.scored')).toEqual([])
    expect(idleAt('conversations.scored', 'other')).toEqual([idle])
    expect((await run([...events, idle])).idleAt('conversations.scored', 'other')).toEqual([])
    expect((await run([])).idleAt('conversations.scored')).toEqual([])
  })

  it('has settings for both datasets of the tutorial', () => {
    const { datasets } = trigger.options.parse({})
    expect(datasets['value-model']).toMatchObject({ trainer: 'baseline', launcher: 'exec' })
    expect(datasets.steerlm).toMatchObject({ trainer: 'nemo-aligner', launcher: 'render', when: { records: 1 } })
  })
})
