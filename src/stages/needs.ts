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
 * The capabilities that stages ask for. Adapters implement them; a test passes a literal. A stage can reach only those that
 * it lists.
 */

/** Computes loss masks with a real tokenizer. */
export interface Masker {
  /** Digest of the tokenizer model and the prompt tokens. */
  readonly digest: string
  /**
   * Index of the first learnt token; null if no token is learnt.
   * @throws STEERFLOW_UNMASKABLE when a rule of the trainer's loader is violated.
   */
  firstLearnt(input: MaskInput): Promise<number | null>
}

/** A conversation up to and including the turn to be scored; earlier turns carry their predicted labels. */
export interface TurnToScore {
  readonly system: string
  readonly turns: readonly Turn[]
  /** The masked speaker, who is the user; without one, the usual names of a user are. */
  readonly mask?: string | null | undefined
}

export interface ScoredTurn {
  /** The attribute line, with the set's keys in order. */
  readonly label: string
  /** Raw scores by attribute key, before rounding; integers if the server returns only those. */
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
  /** The active model; waits until there is one. */
  pin(signal: AbortSignal): Promise<PinnedValueModel>
}

/** Value models named by digest or name, as opposed to the active one. */
export interface ChosenValueModels {
  /** The model with that digest or name, active or not; waits until an endpoint serves it. */
  chosen(name: string, signal: AbortSignal): Promise<PinnedValueModel>
}

/** SteerLM models that answer prompts. */
export interface Policies {
  /**
   * Asks the model with that digest for an answer.
   * @throws transient, permanent or fatal SteerflowErrors of the inference adapter.
   */
  answer(
    model: string,
    request: AnswerRequest,
    drawing: { readonly sampling: Sampling; readonly maxTokens: number },
    signal: AbortSignal,
  ): Promise<AnswerText & { readonly tokens: { readonly completion: number } | null }>
}

/** A round as seen by the nodes that process its prompts. */
export interface KnownRound {
  readonly round: Round
  /** Whether a person gave it up: prompts that were not asked yet are then skipped. */
  readonly givenUp: boolean
}

/** The rounds on record. */
export interface Rounds {
  /** @throws STEERFLOW_ROUND_CLOSED when all of its prompts are accounted for. */
  of(round: string, signal: AbortSignal): Promise<KnownRound>
}

/** Everything that a round is made of, fixed when it is opened. */
export interface RoundMaterials {
  /**
   * Fixes everything that the round depends on, and writes its prompts. A repeated call for the same round returns the
   * same result, whatever has changed since.
   * @throws STEERFLOW_ROUND_INVALID when a part of it is missing.
   */
  open(request: RoundEvent): Promise<Round>
  /** Prompts `from` to `from + count` of an opened round, in order. */
  prompts(round: Round, from: number, count: number): Promise<readonly BootstrapPrompt[]>
}

/** Finds near-duplicates among the answers of a round's training data. */
export interface TrainingIndex {
  /** The most similar text of the training data, if it is a near-duplicate. */
  nearest(text: string): Promise<{ readonly id: string; readonly similarity: number } | null>
}

export interface TrainingIndexes {
  /** The index of a snapshot's training records; `similarity` is the minimum Jaccard similarity of a near-duplicate. */
  of(snapshot: Snapshot, similarity: number, signal: AbortSignal): Promise<TrainingIndex>
}

/** Attribute sets by name: the built-in ones and those of the configuration. */
export interface AttributeSets {
  /** @throws STEERFLOW_CONFIG_INVALID when no set has that name. */
  set(name: string): AttributeSet
}

/** Identifies the file of a cut that a record belongs to. */
export interface ShardKey {
  readonly dataset: string
  readonly split: Split
  readonly attributeSet: string
}

/** The open files of one cut: one for each dataset, split and attribute set. */
export interface ShardCut {
  readonly records: number
  readonly bytes: number
  append(file: ShardKey, line: string): Promise<void>
  /**
   * Makes the files durable under their final names; it may be called again after a transient failure. The validation
   * files of a dataset come before its train files, so that the reader of a train shard already has the rest of its cut.
   * @throws STEERFLOW_STORAGE, or another error of the storage service
   */
  seal(to: bigint): Promise<readonly Omit<ShardManifest, 'reason'>[]>
  /** Removes the files that are not sealed. */
  drop(): Promise<void>
}

/** The start of a cut: its version and position. */
export interface CutStart {
  readonly version: number
  readonly topic: string
  readonly partition: number
  readonly from: bigint
  /** Aborted when the run stops or loses the partition; files that are not sealed by then need not be sealed. */
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

/** The end of a launched job. `unknown`: only a person can find out; the detail says where to look. */
export type JobEnd =
  | {
      readonly state: 'succeeded'
      /** Null if the trainer leaves no model that can be registered. */
      readonly model: TrainedModel | null
    }
  | { readonly state: 'failed' | 'cancelled' | 'unknown'; readonly detail: string }

/** The progress of a launched job. */
export type JobProgress = { readonly state: 'running'; readonly detail: string | null } | JobEnd

/** The result of a start. `unknown`: the job may have been started, and another start could run it twice. */
export type JobStart =
  | {
      readonly state: 'launched'
      /** The launcher's id of the attempt; null if the launcher knows it only by its name. */
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

/** Starts training jobs and finds them again by their name. */
export interface LaunchingRunner extends Omit<RenderingRunner, 'rendersOnly'> {
  readonly rendersOnly: false
  /** Where jobs are launched: a host name or a cluster. */
  readonly host: string
  /**
   * Starts the attempt, unless one has already been started under its name.
   * @throws STEERFLOW_JOB_INVALID when it can never be started; a transient SteerflowError when a retry may help.
   */
  start(job: JobEvent): Promise<JobStart>
  /** Resolves when the attempt has got further than the state of `job`, whichever process started it. */
  next(job: JobEvent, signal: AbortSignal): Promise<JobProgress>
  /**
   * Requests the end of an attempt; `next` reports when it has ended.
   * @throws STEERFLOW_USAGE when it cannot be ended from here.
   */
  cancel(job: JobEvent): Promise<void>
}

export type JobRunner = RenderingRunner | LaunchingRunner

/** The job runner for a launcher named in a dataset's settings. */
export interface JobRunners {
  /** @throws STEERFLOW_JOB_INVALID when no launcher has that name. */
  runner(launcher: string): JobRunner
}

/** Everything that a stage can ask for. A node hands over only what its stage lists in `needs`. */
export interface Capabilities {
  /** Source formats, in the order in which they are tried. */
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
