import { type Facts, noFacts, withManifest } from './gates/facts.js'
import { gateText } from './gates/gate.js'
import { judgeAll } from './gates/gates.js'
import { Rules } from './gates/when.js'
import type { Decision } from './job.js'
import { PackedTexts } from './packed-texts.js'
import type { ShardEvent, ShardManifest } from './shard.js'

/** The state of a dataset after the events so far. */
export interface DatasetState {
  /** Its name; empty before the first event. */
  readonly dataset: string
  /** The live version; 0 before the first shard. */
  readonly version: number
  /** The live manifests as JSON: there may be a hundred thousand. */
  readonly manifests: PackedTexts
  /** The topics that they were sealed from. */
  readonly topics: readonly string[]
  readonly facts: Facts
  /** The rules last recorded; null before the first, and then nothing is decided. */
  readonly rules: Rules | null
  /** The facts when the last job was requested; null before the first. */
  readonly trained: Facts | null
  /** The facts at the last decision, if it was a refusal. */
  readonly refused: Facts | null
  /** Train records at the last decision. After a refusal, a job needs its full number of new records once more. */
  readonly decided: number
  /** Whether something awaits a decision. */
  readonly undecided: boolean
  /** Whether its bootstrap round has closed. */
  readonly closed: boolean
  /** When the first train shard after the last decision was recorded, in milliseconds since 1970. */
  readonly waitingSince: number | null
  /** The decision that the last event causes; null if none. */
  readonly due: Decision | null
}

/** The live manifests. */
export const manifestsOf = ({ manifests }: Pick<DatasetState, 'manifests'>): readonly ShardManifest[] =>
  manifests.all().map(text => JSON.parse(text) as ShardManifest)

/** A dataset before its first event. */
export const emptyDataset: DatasetState = {
  dataset: '',
  version: 0,
  manifests: PackedTexts.empty,
  topics: [],
  facts: noFacts,
  rules: null,
  trained: null,
  refused: null,
  decided: 0,
  undecided: false,
  closed: false,
  waitingSince: null,
  due: null,
}

/**
 * The state after one more event, with the decision that this event causes. It is a function of the events in their order
 * and of the times at which the log recorded them, regardless of the reader and its batches. The work does not grow with
 * the number of shards.
 */
export function withEvent(before: DatasetState, event: ShardEvent, timestamp: number): DatasetState {
  const state = { ...before, dataset: event.dataset, due: null }
  switch (event.event) {
    case 'sealed':
      return event.manifest ? asking(sealed(state, event.manifest, timestamp)) : state
    case 'rules':
      return asking(ruled(state, Rules.parse(event.rules ?? {}), timestamp))
    case 'closed':
      return asking({ ...state, closed: true })
    case 'idle':
      return state.undecided && state.rules?.asks === 'new' ? decide(state, 'idle', 1) : state
    case 'aged':
      return isAged(state, Date.parse(event.at ?? '')) ? decide(state, `age>=${state.rules?.ageSeconds}`, 1) : state
    case 'overruled':
      return state.refused ? { ...state, trained: state.refused, refused: null } : state
  }
}

/** Two correct clocks never differ by more than this. */
const aheadMs = 86_400_000

/**
 * Whether something has waited for a job for as long as the rules allow; `now` in milliseconds since 1970. This includes
 * data recorded by a clock that was far ahead: its true age is unknown, and its time may never come.
 */
export function isAged({ rules, waitingSince }: DatasetState, now: number): boolean {
  if (rules === null || rules.asks !== 'new' || rules.ageSeconds === null || waitingSince === null) return false
  const waited = now - waitingSince
  return waited >= rules.ageSeconds * 1000 || waited < -aheadMs
}

/** Adds a shard. An older version is ignored; a newer one replaces all earlier shards, and all of it counts as new. */
function sealed(state: DatasetState, manifest: ShardManifest, timestamp: number): DatasetState {
  if (manifest.version < state.version) return state
  const live =
    manifest.version > state.version ? { ...emptyDataset, dataset: state.dataset, rules: state.rules } : state
  const { topic, version, split } = manifest
  return {
    ...live,
    version,
    manifests: live.manifests.with(JSON.stringify(manifest)),
    topics: live.topics.includes(topic) ? live.topics : [...live.topics, topic],
    facts: withManifest(live.facts, manifest),
    undecided: true,
    waitingSince: live.waitingSince ?? (split === 'train' ? timestamp : null),
  }
}

/** Applies new rules. Data that the old rules refused awaits a decision again. */
const ruled = (state: DatasetState, rules: Rules, timestamp: number): DatasetState =>
  state.refused === null
    ? { ...state, rules }
    : {
        ...state,
        rules,
        refused: null,
        undecided: true,
        decided: state.trained?.records ?? 0,
        waitingSince: state.waitingSince ?? timestamp,
      }

/** Decides if there are enough new records, or if the bootstrap round of this dataset has closed. */
const asking = (state: DatasetState): DatasetState => {
  if (state.rules?.asks === 'closed') {
    return state.closed && state.undecided ? decide(state, 'round closed', 1) : state
  }
  const least = state.rules?.newSinceLast
  if (least === undefined || state.facts.records - state.decided < least) return state
  return decide(state, `new>=${least}`, least)
}

/** Takes a decision: train if every gate holds. */
function decide(state: DatasetState, ask: string, leastNew: number): DatasetState {
  const { facts, trained, rules } = state
  if (rules === null) return state
  const gates = judgeAll({ facts, trained, rules, leastNew })
  const against = gates.filter(gate => !gate.held)
  const train = against.length === 0
  const due: Decision = {
    train,
    rule: train ? ask : against.map(gateText).join(' and '),
    values: { records: facts.records, new: facts.records - (trained?.records ?? 0), asked_by: ask },
    gates: [...gates],
  }
  return {
    ...state,
    trained: train ? facts : trained,
    refused: train ? null : facts,
    decided: facts.records,
    undecided: false,
    waitingSince: null,
    due,
  }
}
