import { describe, expect, it } from 'vitest'
import { ancestryOf } from '../../../src/domain/lineage/ancestry.js'
import { assemble, type FoundRecord, knownModel } from '../../../src/domain/lineage/trace.js'
import { conversation, job, registered, snapshot } from '../../support/training.js'

const other = { ...snapshot, digest: 'e'.repeat(64), path: 'datasets/value-model/e' }
const made = { ...registered('a'), job: job().job }
const active = { ...made, state: 'active' as const }

const found = (given: Partial<FoundRecord> = {}): FoundRecord => ({
  conversation: conversation('r', { source: 's', line: 7 }),
  names: ['trees.jsonl'],
  configuration: 'c',
  hops: [],
  endings: [],
  shards: [],
  snapshots: [
    { dataset: 'value-model', digest: snapshot.digest, path: snapshot.path, at: { file: 'train.jsonl', line: 3 } },
    { dataset: 'value-model', digest: other.digest, path: other.path, at: null },
  ],
  jobs: [job({ state: 'succeeded' }), job({ job: 'j2', snapshot: other })],
  models: [made, active, { ...registered('b'), snapshot: other.digest }],
  ...given,
})

describe('a trace', () => {
  it('leads to the jobs and models of the snapshots that hold the record, not of those that left it out', () => {
    const trace = assemble(found())
    expect(trace.jobs).toEqual([{ job: job().job, state: 'succeeded', snapshot: snapshot.digest }])
    expect(trace.learnt).toEqual([
      { digest: 'a'.repeat(64), model: made.model, state: 'active', job: made.job, snapshot: snapshot.digest },
    ])
    expect(trace.snapshots).toHaveLength(2)
  })

  it('names the source, the options, and the models that touched the record', () => {
    const own = conversation('r', { source: 's', line: 7 })
    own.steerflow.lineage.models.push('a'.repeat(64), 'x')
    expect(assemble(found({ conversation: own }))).toMatchObject({
      source: { digest: 's', line: 7, names: ['trees.jsonl'] },
      configuration: { digest: 'c', present: true },
      models: [
        { model: made.model, state: 'active' },
        { digest: 'x', model: null },
      ],
    })
    expect(assemble(found({ configuration: 'other' })).configuration.present).toBe(false)
  })

  it('knows nothing of a model that was never on record, and no job of one that was made elsewhere', () => {
    expect(knownModel('x', [])).toEqual({ digest: 'x', model: null, state: null, job: null, snapshot: null })
    const external = { ...registered('c'), job: '', snapshot: '' }
    expect(knownModel(external.digest, [external])).toMatchObject({ model: external.model, job: null, snapshot: null })
  })
})

describe('ancestry', () => {
  it.each([made.model, made.digest, job().job, snapshot.digest])('of %s', name => {
    const { jobs, models } = found()
    expect(ancestryOf(name, jobs, models)).toMatchObject({
      snapshot: { digest: snapshot.digest },
      jobs: [{ job: job().job, state: 'succeeded' }],
      models: [{ model: made.model, state: 'active' }],
    })
  })

  it('of nothing', () => expect(ancestryOf('none', [job()], [made])).toBeNull())
})
