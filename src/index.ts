/** The public API: what a stage and an inference protocol of your own are made of, and how they are tested with no log. */
export { each, fold } from './stages/stage.js'
export type { At, Emission, Example, Ports, To } from './stages/stage.js'
export { topic, type Topic } from './stages/topic.js'
export { bind, type Node } from './stages/bind.js'
export { testStage } from './stages/test-stage.js'
export { Conversation, Dropped, Raw, Turn } from './domain/conversation.js'
export { attributeSet, type AttributeSet } from './domain/attributes.js'
export { openFleet, type Fleet, type FleetOptions } from './adapters/inference/fleet.js'
export type {
  Answer,
  Generation,
  HttpReply,
  HttpRequest,
  Protocol,
  Verdict,
} from './adapters/inference/protocols/protocol.js'
export { classifyStatus } from './adapters/inference/protocols/status.js'
export { openAnsweringFleet, type AnsweringFleet, type AnsweringOptions } from './adapters/inference/answering-fleet.js'
export { greedy, type Sampling } from './domain/sampling.js'
export { controlTokens, extraIdTokens, type PromptTokens } from './domain/prompt-tokens.js'
export { SteerflowError, type ErrorCode } from './domain/errors.js'
