import { type Facts, noFacts, withManifest } from './gates/facts.js'
import { gateText } from './gates/gate.js'
import { judgeAll } from './gates/gates.js'
import { Rules } from './gates/when.js'
import type { Decision } from './job.js'
import type { ShardEvent, ShardManifest } from './shard.js'

/**
 * A list that only grows, as a value: adding gives another list and leaves this one as it was. Lists that came one from
 * another share their memory, so that adding to the newest takes the same time however long it is.
 */
export class AppendOnly<T> {
  private constructor(
    private readonly shared: T[],
    readonly length: number,
  ) {}

  static empty<T>(): AppendOnly<T> {
    return new AppendOnly<T>([], 0)
  }

  with(item: T): AppendOnly<T> {
    // Somebody has gone on from this list before: the memory behind its end is taken.
    const shared = this.shared.length === this.length ? this.shared : this.shared.slice(0, this.length)
    shared.push(item)
    return new AppendOnly(shared, this.length + 1)
  }

  all(): readonly T[] {
    return this.shared.slice(0, this.length)
  }
}

/** What is known of a dataset after the events of its shards so far. */
export interface DatasetState {
  /** Its name; empty before the first event. */
  readonly dataset: string
  /** The version that is live; 0 before the first shard. */
  readonly version: number
  /** The live manifests. */
  readonly manifests: AppendOnly<ShardManifest>
  /** Topics that they were sealed from. */
  readonly topics: readonly string[]
  readonly facts: Facts
  /** The rules last recorded; null before, and then nothing is decided. */
  readonly rules: Rules | null
  /** The facts that the last job was asked for with; null before the first. */
  readonly trained: Facts | null
  /** The facts of the last decision when it was a refusal. */
  readonly refused: Facts | null
  /** Train records that the last decision knew: after a refusal as many new ones as a job needs must come again. */
  readonly decided: number
  /** Whether anything came after the last decision. */
  readonly undecided: boolean
  /** Whether its bootstrap round has closed. */
  readonly closed: boolean
  /** When the first train shard after the last decision was recorded, in milliseconds since 1970. */
  readonly waitingSince: number | null
  /** The decision that the last event asks for. */
  readonly due: Decision | null
}

/** A dataset of which nothing is known. */
export const emptyDataset: DatasetState = {
  dataset: '',
  version: 0,
  manifests: AppendOnly.empty(),
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
 * The state after one more event, and the decision that this event asks for: a function of the events in their order and
 * the times at which the log recorded them, whoever reads them and in whatever batches. The work does not grow with the
 * number of shards.
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

/** No clock that is right is further ahead of another that is. */
const aheadMs = 86_400_000

/**
 * Whether something has waited for a job for as long as the rules allow, at a time in milliseconds since 1970. What was
 * recorded by a clock that was far ahead has, too: nobody knows for how long, and that time may never come.
 */
export function isAged({ rules, waitingSince }: DatasetState, now: number): boolean {
  if (rules === null || rules.asks !== 'new' || rules.ageSeconds === null || waitingSince === null) return false
  const waited = now - waitingSince
  return waited >= rules.ageSeconds * 1000 || waited < -aheadMs
}

/** A shard more. One of an older version counts no more; one of a newer replaces all that was there, as new. */
function sealed(state: DatasetState, manifest: ShardManifest, timestamp: number): DatasetState {
  if (manifest.version < state.version) return state
  const live =
    manifest.version > state.version ? { ...emptyDataset, dataset: state.dataset, rules: state.rules } : state
  const { topic, version, split } = manifest
  return {
    ...live,
    version,
    manifests: live.manifests.with(manifest),
    topics: live.topics.includes(topic) ? live.topics : [...live.topics, topic],
    facts: withManifest(live.facts, manifest),
    undecided: true,
    waitingSince: live.waitingSince ?? (split === 'train' ? timestamp : null),
  }
}

/** Other rules from here on. What was refused by the old ones is to be decided about again. */
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

/** Asks for a job where enough is new, or of a round that has closed. */
const asking = (state: DatasetState): DatasetState => {
  if (state.rules?.asks === 'closed') {
    return state.closed && state.undecided ? decide(state, 'round closed', 1) : state
  }
  const least = state.rules?.newSinceLast
  if (least === undefined || state.facts.records - state.decided < least) return state
  return decide(state, `new>=${least}`, least)
}

/** Takes a decision: train when every gate holds. */
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
