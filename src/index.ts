/**
 * The public API: types and functions for your own stages, pipelines, source formats, inference protocols, trainers and
 * export formats, and for testing stages without a log. `steerflow/cli` is the command line for programs of your own.
 */
export { builtIn, defineFlow, Flow, type FlowParts, type Insertion } from './flow.js'
export * as topics from './topics.js'
export { closingFold, each, lastingFold } from './stages/stage.js'
export type {
  At,
  ClosingFold,
  ClosingFoldStage,
  Context,
  EachStage,
  Emission,
  Example,
  LastingFold,
  LastingFoldStage,
  Out,
  Ports,
  Pursuit,
  To,
} from './stages/stage.js'
export type { Capabilities, Masker, PinnedValueModel, ScoredTurn, TurnToScore, ValueModels } from './stages/needs.js'
export { topic, type Retention, type Topic } from './stages/topic.js'
export { node, type Node, type Stage, type StageDeclaration, type Wiring } from './stages/node.js'
export { testStage } from './stages/test-stage.js'
export { Conversation, Dropped, Raw, Turn } from './domain/conversation.js'
export { changed, type Content } from './domain/changed.js'
export type { ReadHow, SourceConversation, SourceFormat, ToolPolicy } from './domain/formats/format.js'
export { readThread, type ThreadEntry } from './domain/formats/thread.js'
export { parseSource, sourceInvalid, wellFormed } from './domain/source-error.js'
export { checkFanout, defaultFanout, type FanoutBounds } from './domain/fanout.js'
export { formatLabel, hasScores, type Label, parseLabel } from './domain/label-line.js'
export type { EncodedRow, Encoder, ExportContext, ExportFormat } from './domain/export/export-format.js'
export {
  describePlace,
  type LabelPlace,
  placeLabels,
  type PlacedLabels,
  type RoleTurn,
} from './domain/export/label-place.js'
export { type Feature, type FeatureType, type ScalarType, strings } from './domain/dataset/features.js'
export { pythonJson } from './domain/json/json.js'
export type { JobEvent, Snapshot } from './domain/job.js'
export {
  trainer,
  type JobPaths,
  type Machines,
  type Rendered,
  type Trainer,
  type TrainerResult,
} from './trainers/trainer.js'
export { runScript } from './trainers/run-script.js'
export { shellWord, yamlFloat, yamlString, yamlText } from './trainers/literals.js'
export { attributeSet, type AttributeSet } from './domain/attributes.js'
export { openFleet, type Fleet, type FleetOptions } from './adapters/inference/fleet.js'
export type {
  Answer,
  Generation,
  HttpReply,
  HttpRequest,
  Protocol,
  RawScores,
  TokenCounts,
  Verdict,
} from './adapters/inference/protocols/protocol.js'
export { classifyStatus, excerpt } from './adapters/inference/protocols/status.js'
export { rewardsByName, rewardsInOrder, type Rewards } from './adapters/inference/protocols/reward-scores.js'
export { type Guided, guidedFields } from './adapters/inference/protocols/guided.js'
export type { OwnProtocol, OwnProtocolOptions } from './adapters/inference/protocols/own.js'
export { parseOrUndefined } from './domain/json/json.js'
export { openAnsweringFleet, type AnsweringFleet, type AnsweringOptions } from './adapters/inference/answering-fleet.js'
export { greedy, type Sampling } from './domain/sampling.js'
export { controlTokens, extraIdTokens, type PromptTokens } from './domain/prompt-tokens.js'
export { SteerflowError, type ErrorCode } from './domain/errors.js'
