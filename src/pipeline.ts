import { annotate } from './stages/annotate.js'
import { bind, type Node } from './stages/bind.js'
import { clean } from './stages/clean.js'
import { launch } from './stages/launch.js'
import { type Conversation } from './domain/conversation.js'
import { preprocess } from './stages/preprocess.js'
import { promote } from './stages/promote.js'
import { relabel } from './stages/relabel.js'
import { seal } from './stages/seal.js'
import { type Topic } from './stages/topic.js'
import { trigger } from './stages/trigger.js'
import * as topics from './topics.js'

/**
 * The pipeline: every node, what it reads, where its ports lead, and what it needs. Open this file first; then the stage
 * you are interested in, in `src/stages`.
 */
export const pipeline: readonly Node[] = [
  bind('preprocess', preprocess, topics.raw, { labelled: topics.labelled, unscored: topics.unscored }, () => ({})),

  // Human labels → the value model's training data.
  bind('clean-labelled', clean, topics.labelled, { kept: topics.labelledClean, dropped: topics.dropped }, all => all),
  bind('seal-labelled', seal, topics.labelledClean, { shards: topics.shards }, all => all, { dataset: 'value-model' }),

  // Everything → predicted labels → the steerable model's training data.
  bind('clean-unscored', clean, topics.unscored, { kept: topics.unscoredClean, dropped: topics.dropped }, all => all),
  bind('annotate', annotate, topics.unscoredClean, { annotated: topics.annotated }, all => all),
  bind('clean-scored', clean, topics.annotated, { kept: topics.scored, dropped: topics.dropped }, all => all),
  bind('seal-scored', seal, topics.scored, { shards: topics.shards }, all => all, { dataset: 'steerlm' }),

  // Shards → a decision → a job → a model, which goes back to annotate.
  bind('trigger', trigger, topics.shards, { jobs: topics.jobs }, all => all),
  bind('launch', launch, topics.jobs, { jobs: topics.jobs, models: topics.models }, all => all),
  bind('promote', promote, topics.models, { models: topics.models }, () => ({})),
]

/** Topics whose records `steerflow relabel` takes. */
export const relabelSources: readonly Topic<typeof Conversation>[] = [topics.scored, topics.annotated]

/**
 * The node that runs on demand: the labels of the model of that digest beside those that a record has. Each model and
 * source has a name, and thereby a consumer group, of its own, so that each is gone through once.
 */
export const relabelNode = (digest: string, from: Topic<typeof Conversation>): Node =>
  bind(`relabel-${digest}-${from.name}`, relabel, from, { relabelled: topics.relabelled }, all => all)
