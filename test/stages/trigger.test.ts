import { describe, expect, it } from 'vitest'
import type { ShardEvent, ShardManifest } from '../../src/domain/shard.js'
import { trigger } from '../../src/stages/trigger.js'
import { portsOf } from '../../src/stages/stage.js'
import { at, manifest, snapshot } from '../support/training.js'

const sealed = (given: Partial<ShardManifest> = {}): ShardEvent => {
  const shard = manifest(given)
  return { dataset: shard.dataset, event: 'sealed', at: null, manifest: shard }
}
const validation = sealed({ split: 'validation', records: 3 })
const idle: ShardEvent = { dataset: 'steerlm', event: 'idle', at: '1970-01-01T00:00:01.000Z', manifest: null }
const aged = { ...idle, event: 'aged' } as const

const settings = { trainer: 'baseline', launcher: 'exec' }

function foldOf(steerlm: object, materialised: (readonly ShardManifest[])[] = []) {
  return trigger.create({
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
}

/** Runs a trigger over events; its rules are recorded first, as the clock does. Returns what each event caused. */
async function run(events: readonly ShardEvent[], steerlm: object = settings) {
  const materialised: (readonly ShardManifest[])[] = []
  const fold = foldOf(steerlm, materialised)
  const [rules] = fold.timer!(fold.step(trigger.initial(), sealed({ version: 1 }), at()), 0)
  let state = fold.step(trigger.initial(), rules!, at())
  const caused = []
  for (const event of events) {
    state = fold.step(state, event, at({ timestamp: 500 }))
    caused.push((await fold.act(state, event, at())).map(emission => emission.value))
  }
  const idleAt = (...topics: readonly string[]) => fold.idle!(state, { sealed: topics, now: 1000 })
  return { caused, materialised, idleAt, timerAt: (now: number) => fold.timer!(state, now), last: caused.at(-1)?.[0] }
}

describe('trigger', () => {
  it('asks for a job when the sources have ended, with what every gate saw', async () => {
    const { caused, last, materialised } = await run([sealed(), validation, idle])
    expect(caused.map(events => events.length)).toEqual([0, 0, 1])
    expect(materialised[0]).toHaveLength(2)
    expect(last).toMatchObject({
      job: 'steerlm-200000000000-baseline',
      state: 'requested',
      attempt: 0,
      trainer: 'baseline',
      launcher: 'exec',
    })
    expect(last?.decision).toEqual({
      train: true,
      rule: 'idle',
      values: { records: 10, new: 10, asked_by: 'idle' },
      gates: [
        { rule: 'trainer', value: 'baseline', threshold: null, held: true },
        { rule: 'one attribute set', value: 'oasst-12-lang@1', threshold: null, held: true },
        { rule: 'records', value: 10, threshold: 1, held: true },
        { rule: 'new', value: 10, threshold: 1, held: true },
        { rule: 'validation', value: 3, threshold: 1, held: true },
        { rule: 'coverage', value: null, threshold: 0.5, held: true },
        { rule: 'stability', value: 'no job before', threshold: 0.2, held: true },
      ],
    })
  })

  it('records a refusal with the gates against it, and trains later when they hold', async () => {
    const events = [sealed(), idle, sealed({ from: '10' }), validation, idle]
    const { caused } = await run(events, { ...settings, when: { records: 15 } })
    expect(caused[1]?.[0]).toMatchObject({
      state: 'refused',
      decision: { train: false, rule: 'records>=15 and validation>=1' },
    })
    expect(caused[4]?.[0]).toMatchObject({ state: 'requested', decision: { values: { records: 20, new: 20 } } })
  })

  it('asks for a job while sources run, whenever enough is new', async () => {
    const shards = [validation, ...Array.from({ length: 5 }, () => sealed())]
    const { caused } = await run(shards, { ...settings, when: { newSinceLast: 20 } })
    expect(caused.map(events => events.length)).toEqual([0, 0, 1, 0, 1, 0])
  })

  it('after a refusal asks again only when as many are new again, or on idle', async () => {
    const shards = [...Array.from({ length: 5 }, () => sealed()), idle, validation, idle]
    const { caused } = await run(shards, { ...settings, when: { newSinceLast: 20 } })
    expect(caused.map(events => events.map(({ state }) => state).join())).toEqual([
      ...['', 'refused', '', 'refused', '', 'refused', '', 'requested'],
    ])
    expect(caused[7]?.[0]?.decision.values).toMatchObject({ records: 50, new: 50 })
  })

  it('asks for a job when something has waited for too long, once', async () => {
    const { timerAt, ...waiting } = await run([validation, sealed()], { ...settings, when: { ageSeconds: 0.5 } })
    expect(waiting.caused.flat()).toEqual([])
    expect(timerAt(999)).toEqual([])
    expect(timerAt(1000)).toEqual([aged])
    const done = await run([validation, sealed(), aged, aged], { ...settings, when: { ageSeconds: 0.5 } })
    expect(done.caused.map(events => events.length)).toEqual([0, 0, 1, 0])
    expect(done.caused[2]?.[0]).toMatchObject({ state: 'requested', decision: { rule: 'age>=0.5' } })
    expect(done.timerAt(1e9)).toEqual([])
  })

  it('trains on the highest version only, and counts it as new', async () => {
    const newer = { version: 2, records: 4 } as const
    const validated = sealed({ version: 2, split: 'validation' })
    const { last, materialised } = await run([sealed(), validation, idle, validated, sealed(newer), sealed(), idle])
    expect(materialised.at(-1)).toEqual([validated.manifest, manifest(newer)])
    expect(last).toMatchObject({ state: 'requested', decision: { values: { records: 4, new: 4 } } })
  })

  it('does not train on labels of two attribute sets', async () => {
    const { last } = await run([sealed(), validation, sealed({ attribute_set: 'helpsteer-5@1' }), idle])
    expect(last?.decision).toMatchObject({ train: false, rule: 'one attribute set' })
    expect(last?.decision.gates?.[1]).toMatchObject({ value: 'helpsteer-5@1, oasst-12-lang@1', held: false })
  })

  it('only makes snapshots of a dataset without a trainer', async () => {
    const { last, materialised } = await run([sealed(), validation, idle], {})
    expect(materialised).toHaveLength(1)
    expect(last).toMatchObject({ state: 'refused', decision: { rule: 'trainer' } })
  })

  it('counts a job that a person asked for against a refusal as the last one', async () => {
    const overruled = { ...idle, event: 'overruled' } as const
    const events = [sealed(), idle, overruled, sealed(), validation, idle, overruled, sealed(), idle]
    const { caused } = await run(events)
    expect(caused.flat().map(({ state, decision }) => [state, decision.values.new])).toEqual([
      ['refused', 10],
      ['requested', 10],
      ['requested', 10],
    ])
  })

  it('records that the sources are idle once everything of the dataset is sealed, and once only', async () => {
    const events = [sealed(), sealed({ topic: 'other' })]
    const { idleAt } = await run(events)
    expect(idleAt('conversations.scored')).toEqual([])
    expect(idleAt('conversations.scored', 'other')).toEqual([idle])
    expect((await run([...events, idle])).idleAt('conversations.scored', 'other')).toEqual([])
    expect((await run([])).idleAt('conversations.scored')).toEqual([])
  })

  it('records its rules before it decides by them, and again when they are others', async () => {
    const events = [sealed(), validation]
    const stateOf = (steerlm: object, given: readonly ShardEvent[]) => {
      const fold = foldOf(steerlm)
      return { fold, state: given.reduce((state, event) => fold.step(state, event, at()), trigger.initial()) }
    }
    const { fold, state } = stateOf(settings, events)
    const recorded = fold.timer!(state, 1000)
    expect(recorded).toMatchObject([{ event: 'rules', rules: { trainer: 'baseline', newSinceLast: 10_000 } }])
    expect(fold.idle!(state, { sealed: ['conversations.scored'], now: 1000 })).toEqual(recorded)
    const told = [...events, ...recorded, idle]
    expect(stateOf(settings, told).state.due).toMatchObject({ train: true })
    expect(stateOf(settings, told).fold.timer!(stateOf(settings, told).state, 0)).toEqual([])

    const other = { ...settings, when: { records: 99 } }
    // Under other rules the past stays what it was.
    expect(stateOf(other, told).state).toEqual(stateOf(settings, told).state)
    expect(foldOf(other).timer!(stateOf(other, told).state, 0)).toMatchObject([{ rules: { records: 99 } }])
  })

  it('decides again about what older rules refused', async () => {
    const strict = { ...settings, when: { records: 99 } }
    const refused = await run([sealed(), validation, idle], strict)
    expect(refused.last).toMatchObject({ state: 'refused' })
    const rules = { ...idle, event: 'rules', rules: { trainer: 'baseline' } } as const
    const { caused } = await run([sealed(), validation, idle, rules, idle], strict)
    expect(caused.map(events => events.map(({ state }) => state).join())).toEqual(['', '', 'refused', '', 'requested'])
  })

  it('has settings for both datasets of the tutorial', () => {
    const { datasets } = trigger.options.parse({})
    expect(datasets['value-model']).toMatchObject({ trainer: 'baseline', launcher: 'exec', when: { validation: 0 } })
    expect(datasets.steerlm).toMatchObject({ trainer: 'nemo-aligner', launcher: 'render', when: { records: 1 } })
  })
})
