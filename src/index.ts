/** The public API: what a stage of your own is made of, and how it is tested with no log. */
export { each, fold } from './stages/stage.js'
export type { At, Emission, Example, Ports, To } from './stages/stage.js'
export { topic, type Topic } from './stages/topic.js'
export { bind, type Node } from './stages/bind.js'
export { testStage } from './stages/test-stage.js'
export { Conversation, Dropped, Raw, Turn } from './domain/conversation.js'
export { attributeSet, type AttributeSet } from './domain/attributes.js'
export { SteerflowError, type ErrorCode } from './domain/errors.js'
