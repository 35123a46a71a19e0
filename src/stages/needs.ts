import type { AttributeSet } from '../domain/attributes.js'
import type { Split, Turn } from '../domain/conversation.js'
import type { JobEvent, Snapshot } from '../domain/job.js'
import type { BootstrapPrompt } from '../domain/bootstrap/candidates.js'
import type { Round, RoundEvent } from '../domain/bootstrap/round.js'
import type { SourceFormat } from '../domain/formats/format.js'
import type { AnswerRequest, AnswerText } from '../domain/answer-prompt.js'
import type { Sampling } from '../domain/sampling.js'
import type { MaskInput } from '../domain/mask/input.js'
import type { TrainedModel } from '../domain/model.js'
import type { ShardManifest } from '../domain/shard.js'

/**
 * The capabilities that stages ask for. Adapters implement them; a test passes a literal. A stage cannot reach what it
 * does not list.
 */

/** Computes loss masks with a real tokenizer. */
export interface Masker {
  /** Digest of the tokenizer model and the prompt tokens. */
  readonly digest: string
  /**
   * Index of the first token that is learnt, null when none is.
   * @throws STEERFLOW_UNMASKABLE when a rule of the trainer's loader is violated.
   */
  firstLearnt(input: MaskInput): Promise<number | null>
}

/** A conversation up to and including the turn to be scored; earlier turns carry their predicted labels. */
export interface TurnToScore {
  readonly system: string
  readonly turns: readonly Turn[]
}

export interface ScoredTurn {
  /** The attribute line: the set's keys in order. */
  readonly label: string
  /** The raw scores by attribute key, before rounding; where the server gives only integers, those. */
  readonly scores: Readonly<Record<string, number>>
}

/** A value model fixed for one record: every turn is scored by the same model. */
export interface PinnedValueModel {
  readonly digest: string
  readonly attributeSet: AttributeSet
  /** @throws transient, permanent or fatal SteerflowErrors of the inference adapter. */
  scoreTurn(turn: TurnToScore, signal: AbortSignal): Promise<ScoredTurn>
}

export interface ValueModels {
  /** The model active now; waits until there is one. */
  pin(signal: AbortSignal): Promise<PinnedValueModel>
}

/** Value models that somebody has chosen before. */
export interface ChosenValueModels {
  /** The model of that digest or name, active or not; waits until something serves it. */
  chosen(name: string, signal: AbortSignal): Promise<PinnedValueModel>
}

/** SteerLM models that answer. */
export interface Policies {
  /**
   * An answer of the model of that digest.
   * @throws transient, permanent or fatal SteerflowErrors of the inference adapter.
   */
  answer(
    model: string,
    request: AnswerRequest,
    drawing: { readonly sampling: Sampling; readonly maxTokens: number },
    signal: AbortSignal,
  ): Promise<AnswerText & { readonly tokens: { readonly completion: number } | null }>
}

/** A round as the nodes that work on its prompts see it. */
export interface KnownRound {
  readonly round: Round
  /** A person gave it up: what was not asked yet is left out. */
  readonly givenUp: boolean
}

/** What is on record of rounds. */
export interface Rounds {
  /** @throws STEERFLOW_ROUND_CLOSED when every prompt of it is accounted for already. */
  of(round: string, signal: AbortSignal): Promise<KnownRound>
}

/** What a round is made of when it is opened. */
export interface RoundMaterials {
  /**
   * Fixes everything that the round depends on, and writes its prompts. Called again for the same round it gives the same,
   * whatever has changed since.
   * @throws STEERFLOW_ROUND_INVALID when there is nothing to make it of.
   */
  open(request: RoundEvent): Promise<Round>
  /** Prompts `from` to `from + count` of an opened round, in order. */
  prompts(round: Round, from: number, count: number): Promise<readonly BootstrapPrompt[]>
}

/** Answers of the training data of a round, by likeness. */
export interface TrainingIndex {
  /** The text of the training data that is most like this one, if it is a near-duplicate. */
  nearest(text: string): Promise<{ readonly id: string; readonly similarity: number } | null>
}

export interface TrainingIndexes {
  /** The index of a snapshot's training records; `similarity` is the least Jaccard similarity of a near-duplicate. */
  of(snapshot: Snapshot, similarity: number, signal: AbortSignal): Promise<TrainingIndex>
}

/** Attribute sets by name: those that are known and those of the configuration. */
export interface AttributeSets {
  /** @throws STEERFLOW_CONFIG_INVALID when there is none. */
  set(name: string): AttributeSet
}

/** Which file of a cut a record belongs to. */
export interface ShardKey {
  readonly dataset: string
  readonly split: Split
  readonly attributeSet: string
}

/** The open files of one cut: one a dataset, split and attribute set. */
export interface ShardCut {
  readonly records: number
  readonly bytes: number
  append(file: ShardKey, line: string): Promise<void>
  /**
   * Makes the files durable under their final names; after a transient failure it may be called again. Of a dataset
   * validation comes before train: whoever acts on a train shard has been told of the rest of its cut.
   * @throws STEERFLOW_STORAGE, and what a storage service adds to it
   */
  seal(to: bigint): Promise<readonly Omit<ShardManifest, 'reason'>[]>
  /** Removes what is not sealed. */
  drop(): Promise<void>
}

/** Where a cut begins and what it is a part of. */
export interface CutStart {
  readonly version: number
  readonly topic: string
  readonly partition: number
  readonly from: bigint
  /** Aborted when the run stops or loses the partition: what is not sealed by then need not be. */
  readonly signal?: AbortSignal
}

export interface ShardStore {
  begin(start: CutStart): Promise<ShardCut>
}

/** Turns live manifests into an immutable dataset folder. */
export interface Snapshots {
  /**
   * Idempotent: the same records give the same digest and folder.
   * @throws STEERFLOW_STORAGE when a shard is damaged or the disk fails.
   */
  materialise(dataset: string, manifests: readonly ShardManifest[]): Promise<Snapshot>
}

/** What became of a launched job. `unknown`: nobody can tell, a person has to look; the detail says where. */
export type JobEnd =
  | {
      readonly state: 'succeeded'
      /** Null where the trainer leaves nothing that we could register. */
      readonly model: TrainedModel | null
    }
  | { readonly state: 'failed' | 'cancelled' | 'unknown'; readonly detail: string }

/** Where a launched job has got to. */
export type JobProgress = { readonly state: 'running'; readonly detail: string | null } | JobEnd

/** What came of a start. `unknown`: it may have been started or not, and starting again could be once too often. */
export type JobStart =
  | {
      readonly state: 'launched'
      /** The id under which the launcher knows the attempt; null where its name is all. */
      readonly id: string | null
    }
  | { readonly state: 'unknown'; readonly detail: string }

/** Writes a job's files for a person or another system to run. */
export interface RenderingRunner {
  readonly rendersOnly: true
  /**
   * Writes the job's files (idempotent) and returns their folder below the storage root.
   * @throws STEERFLOW_JOB_INVALID when the settings do not fit the trainer.
   */
  render(job: JobEvent): Promise<string>
}

/** Starts training jobs somewhere and finds them again by their name. */
export interface LaunchingRunner extends Omit<RenderingRunner, 'rendersOnly'> {
  readonly rendersOnly: false
  /** Where jobs are launched: host name, cluster. */
  readonly host: string
  /**
   * Starts the attempt unless it is found already started under its name.
   * @throws STEERFLOW_JOB_INVALID when it cannot be started at all; transient SteerflowErrors when it may be tried again.
   */
  start(job: JobEvent): Promise<JobStart>
  /** Resolves when the attempt has got further than the state of `job`, whoever started it. */
  next(job: JobEvent, signal: AbortSignal): Promise<JobProgress>
  /**
   * Asks for the end of an attempt. That it has ended is seen by `next`.
   * @throws STEERFLOW_USAGE when it cannot be ended from here.
   */
  cancel(job: JobEvent): Promise<void>
}

export type JobRunner = RenderingRunner | LaunchingRunner

/** The job runner for a launcher named in a dataset's settings. */
export interface JobRunners {
  /** @throws STEERFLOW_JOB_INVALID when there is no launcher of that name. */
  runner(launcher: string): JobRunner
}

/** Everything that a stage can ask for. A node hands over those that its stage lists in `needs`. */
export interface Capabilities {
  /** The forms in which conversations come, in the order in which they are tried. */
  readonly formats: readonly SourceFormat[]
  readonly masker: Masker
  readonly valueModels: ValueModels
  readonly chosenValueModels: ChosenValueModels
  readonly policies: Policies
  readonly rounds: Rounds
  readonly roundMaterials: RoundMaterials
  readonly trainingIndexes: TrainingIndexes
  readonly attributeSets: AttributeSets
  readonly shards: ShardStore
  readonly snapshots: Snapshots
  readonly runners: JobRunners
}
