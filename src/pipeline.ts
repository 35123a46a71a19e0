import { annotate } from './stages/annotate.js'
import { node, type Node, type StageDeclaration } from './stages/node.js'
import { clean } from './stages/clean.js'
import { closeRound } from './stages/close-round.js'
import { countDropped } from './stages/count-dropped.js'
import { countSealed } from './stages/count-sealed.js'
import { gate } from './stages/gate.js'
import { launch } from './stages/launch.js'
import type { Conversation } from './domain/conversation.js'
import { lostAnswer, lostPrompt } from './domain/bootstrap/lost.js'
import { noteTrained } from './stages/note-trained.js'
import { openRound } from './stages/open-round.js'
import { preprocess } from './stages/preprocess.js'
import { promote } from './stages/promote.js'
import { relabel } from './stages/relabel.js'
import { sample } from './stages/sample.js'
import { score } from './stages/score.js'
import { seal } from './stages/seal.js'
import type { Topic } from './stages/topic.js'
import { trigger } from './stages/trigger.js'
import * as topics from './topics.js'

/** Report a dead letter to the account of its round: as the end of a prompt, or of an answer that passed the gate. */
const countPrompt = { to: topics.outcomes, as: lostPrompt } as const
const countAnswer = {
  to: topics.outcomes,
  as: (record: Conversation, code: string) => lostAnswer(record, 'lost', code),
} as const

/** Repeats were left out before these nodes. */
const noRepeats = { repeats: { records: 0 } } as const

const { dropped, jobs, models, outcomes, rounds, shards } = topics

/**
 * The pipeline: every node, its input topic, and the topics to which its ports lead. Open this file first, then the stage
 * that interests you in `src/stages`.
 */
// prettier-ignore
export const pipeline: readonly Node[] = [
  node('preprocess', preprocess, { from: topics.raw, to: { labelled: topics.labelled, unscored: topics.unscored, dropped } }),

  // Human labels → the value model's training data.
  node('clean-labelled', clean, { from: topics.labelled, to: { kept: topics.labelledClean, dropped } }),
  node('seal-labelled', seal, { from: topics.labelledClean, to: { shards }, options: { dataset: 'value-model' } }),

  // Everything → predicted labels → the steerable model's training data.
  node('clean-unscored', clean, { from: topics.unscored, to: { kept: topics.unscoredClean, dropped } }),
  node('annotate', annotate, { from: topics.unscoredClean, to: { annotated: topics.annotated } }),
  node('clean-scored', clean, { from: topics.annotated, to: { kept: topics.scored, dropped }, options: noRepeats }),
  node('seal-scored', seal, { from: topics.scored, to: { shards }, options: { dataset: 'steerlm' } }),

  // Shards → a decision → a job → a model, which goes back to annotate.
  node('trigger', trigger, { from: shards, to: { jobs } }),
  node('launch', launch, { from: jobs, to: { jobs, models } }),
  node('promote', promote, { from: models, to: { models } }),

  // Bootstrap rounds: prompts → answers of the SteerLM model → scores → the answers that are trained on.
  node('note-trained', noteTrained, { from: models, to: { rounds } }),
  node('open-round', openRound, { from: rounds, to: { prompts: topics.prompts, rounds, shards, models } }),
  node('sample', sample, { from: topics.prompts, to: { candidates: topics.candidates }, onDeadLetter: countPrompt }),
  node('score', score, { from: topics.candidates, to: { scored: topics.scoredSamples }, onDeadLetter: countPrompt }),
  node('gate', gate, { from: topics.scoredSamples, to: { accepted: topics.accepted, outcomes }, onDeadLetter: countPrompt }),
  node('clean-bootstrap', clean, { from: topics.accepted, to: { kept: topics.acceptedClean, dropped }, options: noRepeats, onDeadLetter: countAnswer }),
  node('seal-bootstrap', seal, { from: topics.acceptedClean, to: { shards }, options: { dataset: 'bootstrap-{round}' }, onDeadLetter: countAnswer }),

  // The account of a round: every end of a prompt or an answer, until the sum is complete.
  node('count-dropped', countDropped, { from: dropped, to: { outcomes } }),
  node('count-sealed', countSealed, { from: shards, to: { outcomes } }),
  node('close-round', closeRound, { from: outcomes, to: { rounds } }),
]

/** Topics that `steerflow relabel` can read. */
export const relabelSources: readonly Topic<typeof Conversation>[] = [topics.scored, topics.annotated]

/** Whether a node or group of that name runs on demand. */
export const isRelabelNode = (name: string): boolean => name.startsWith('relabel-')

/**
 * The node that runs on demand: it adds the labels of the model with that digest beside a record's own. Its name, and so its
 * consumer group, is unique to the model and the source: each pair is processed once.
 */
export const relabelNode = (digest: string, from: Topic<typeof Conversation>): Node =>
  node(`relabel-${digest}-${from.name}`, relabel, { from, to: { relabelled: topics.relabelled } })

/** Every stage of these nodes and of the node that runs on demand, without duplicates, in the order of the flow. */
export const stagesOf = (nodes: readonly Node[]): readonly StageDeclaration[] => [
  ...new Map([...nodes, relabelNode('', topics.scored)].map(({ stage }) => [stage.name, stage])).values(),
]

/** Every stage of the pipeline. */
export const stages = stagesOf(pipeline)
