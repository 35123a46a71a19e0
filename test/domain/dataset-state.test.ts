import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DatasetState, emptyDataset, isAged, manifestsOf, withEvent } from '../../src/domain/dataset-state.js'
import { noFacts, withManifest } from '../../src/domain/gates/facts.js'
import { liveManifests, type ShardEvent } from '../../src/domain/shard.js'
import { manifest } from '../support/training.js'

const other = (event: ShardEvent['event']) => (ms: number) => ({
  dataset: 'steerlm',
  event,
  at: new Date(ms).toISOString(),
  manifest: null,
})

const histogram = fc.dictionary(fc.constantFrom('0', '1', '2'), fc.integer({ min: 1, max: 900 }))
const sealed = fc
  .record({
    split: fc.constantFrom('train', 'validation'),
    records: fc.integer({ min: 0, max: 40 }),
    version: fc.constantFrom(1, 1, 1, 1, 2),
    attribute_set: fc.constantFrom('a@1', 'a@1', 'a@1', 'a@1', 'a@1', 'b@1'),
    quality: histogram,
  })
  .map(({ quality, ...given }): ShardEvent => {
    const labelled = Object.values(quality).reduce((sum, count) => sum + count, 0)
    const shard = manifest({ ...given, labels: { turns: labelled + 10, labelled, values: { quality } } })
    return { dataset: 'steerlm', event: 'sealed', at: null, manifest: shard }
  })
const rules = fc
  .record({ newSinceLast: fc.integer({ min: 1, max: 90 }), ageSeconds: fc.constantFrom(null, 0.1, 1) })
  .map(when => ({ ...other('rules')(0), rules: { trainer: 'baseline', ...when } }))
const clock = fc.integer({ min: 0, max: 3000 })

/** Events with the times at which the log recorded them. */
const log = fc.array(
  fc.record({
    event: fc.oneof(
      { weight: 6, arbitrary: sealed },
      { weight: 1, arbitrary: clock.map(other('idle')) },
      { weight: 1, arbitrary: clock.map(other('aged')) },
      { weight: 1, arbitrary: rules },
      { weight: 1, arbitrary: clock.map(other('overruled')) },
    ),
    timestamp: clock,
  }),
  { maxLength: 60 },
)

type Entry = { readonly event: ShardEvent; readonly timestamp: number }
const first: Entry = { event: { ...other('rules')(0), rules: { trainer: 'baseline', newSinceLast: 30 } }, timestamp: 0 }

/** The state after each event. */
function states(entries: readonly Entry[], from = emptyDataset): readonly DatasetState[] {
  let state = from
  return entries.map(({ event, timestamp }) => (state = withEvent(state, event, timestamp)))
}

describe('the decisions on a dataset', () => {
  it('are a function of the events: wherever the reader was restarted, and whoever read on beside', () => {
    fc.assert(
      fc.property(log, fc.nat(60), (entries, at) => {
        const all = [first, ...entries]
        const whole = states(all).map(({ due }) => due)
        const cut = Math.min(at, all.length)
        const rebuilt = states(all.slice(0, cut)).at(-1) ?? emptyDataset
        const rest = states(all.slice(cut), rebuilt).map(({ due }) => due)
        const beside = states(all.slice(cut), rebuilt).map(({ due }) => due)
        expect(rest).toEqual(whole.slice(cut))
        expect(beside).toEqual(rest)
      }),
    )
  })

  it('say train when every gate held, and never ask for the last job again', () => {
    fc.assert(
      fc.property(log, entries => {
        let known: DatasetState['trained'] = null
        let version = 0
        for (const state of states([first, ...entries])) {
          if (state.version !== version) known = null
          version = state.version
          if (state.due) expect(state.due.train).toBe(state.due.gates!.every(({ held }) => held))
          if (state.due?.train) {
            expect(state.facts.records).toBeGreaterThan(known?.records ?? 0)
            expect(state.trained).toBe(state.facts)
          }
          known = state.trained
        }
      }),
    )
  })

  it('are taken anew after a refusal only when as many records came again, or by the clock, or other rules', () => {
    fc.assert(
      fc.property(fc.array(sealed), shards => {
        let decided = 0
        let version = 0
        for (const state of states([first, ...shards.map(event => ({ event, timestamp: 0 }))])) {
          if (state.version !== version) decided = 0
          version = state.version
          if (!state.due) continue
          expect(state.facts.records - decided).toBeGreaterThanOrEqual(30)
          decided = state.facts.records
        }
      }),
    )
  })

  it('rest on sums that are those of all live manifests', () => {
    fc.assert(
      fc.property(log, entries => {
        const shards = entries.flatMap(({ event }) => event.manifest ?? [])
        const state = states(entries).at(-1) ?? emptyDataset
        const { facts, topics } = state
        expect(manifestsOf(state)).toEqual(liveManifests(shards))
        expect(facts).toEqual(liveManifests(shards).reduce(withManifest, noFacts))
        expect(topics).toEqual(shards.length > 0 ? ['conversations.scored'] : [])
      }),
    )
  })

  it('wait for rules on record', () => {
    const shard: Entry = { event: { dataset: 'd', event: 'sealed', at: null, manifest: manifest({ records: 99_999 }) }, timestamp: 0 } // prettier-ignore
    const idle: Entry = { event: other('idle')(0), timestamp: 0 }
    const [, undecided, ruled] = states([shard, idle, { ...first, event: { ...first.event, rules: { trainer: 'x' } } }])
    expect(undecided).toMatchObject({ due: null, undecided: true })
    expect(ruled).toMatchObject({ due: { train: false, rule: 'validation>=1' }, undecided: false })
  })
})

describe('what has waited', () => {
  const waiting = { ...states([first])[0]!, rules: { ...states([first])[0]!.rules!, ageSeconds: 60 } }
  it.each([
    ['less than it is to', 59_999, false],
    ['as long as it is to', 60_000, true],
    ['since a time that a clock a little ahead recorded', -3_600_000, false],
    ['since a time that comes in years', -9000 * 86_400_000, true],
  ])('%s', (_, waited, due) => {
    expect(isAged({ ...waiting, waitingSince: 1e12 }, 1e12 + waited)).toBe(due)
  })
})

describe('the dataset of a round', () => {
  const rulesOfRound = {
    ...other('rules')(0),
    rules: { trainer: 'baseline', asks: 'closed', newSinceLast: 1, validation: 0 },
  }
  const shard: ShardEvent = { dataset: 'steerlm', event: 'sealed', at: null, manifest: manifest({ records: 5 }) }
  const closed = other('closed')(0)
  const decisions = (...events: ShardEvent[]) =>
    states(events.map(event => ({ event, timestamp: 0 }))).flatMap(({ due }) => (due === null ? [] : [due.rule]))

  it('asks for a job when the round has closed, once, whenever its rules are on record', () => {
    expect(decisions(rulesOfRound, shard, shard, other('idle')(0), closed)).toEqual(['round closed'])
    expect(decisions(shard, shard, closed, rulesOfRound)).toEqual(['round closed'])
    expect(decisions(rulesOfRound, shard, closed, closed, rulesOfRound)).toEqual(['round closed'])
  })

  it('asks for none when nothing of it was sealed, or it is not closed', () => {
    expect(decisions(rulesOfRound, closed)).toEqual([])
    expect(decisions(rulesOfRound, shard, other('idle')(0), other('aged')(9e9))).toEqual([])
  })
})
