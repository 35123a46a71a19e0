import { annotate } from './stages/annotate.js'
import { bind, type Node } from './stages/bind.js'
import { clean } from './stages/clean.js'
import { closeRound } from './stages/close-round.js'
import { countDropped } from './stages/count-dropped.js'
import { countSealed } from './stages/count-sealed.js'
import { gate } from './stages/gate.js'
import { launch } from './stages/launch.js'
import { type Conversation } from './domain/conversation.js'
import { lostAnswer, lostPrompt } from './domain/bootstrap/lost.js'
import { noteTrained } from './stages/note-trained.js'
import { openRound } from './stages/open-round.js'
import { preprocess } from './stages/preprocess.js'
import { promote } from './stages/promote.js'
import { relabel } from './stages/relabel.js'
import { sample } from './stages/sample.js'
import { score } from './stages/score.js'
import { seal } from './stages/seal.js'
import { type Topic } from './stages/topic.js'
import { trigger } from './stages/trigger.js'
import * as topics from './topics.js'

const roundPorts = { prompts: topics.prompts, rounds: topics.rounds, shards: topics.shards, models: topics.models }

/** What the account of a round is told of dead letters: the end of a prompt, or of an answer behind the gate. */
const lostInRound = { to: topics.outcomes, as: lostPrompt } as const
const lostBehindGate = {
  to: topics.outcomes,
  as: (record: Conversation, code: string) => lostAnswer(record, 'lost', code),
} as const

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

  // Bootstrap rounds: prompts → answers of the SteerLM model → scores → those that are trained on.
  bind('note-trained', noteTrained, topics.models, { rounds: topics.rounds }, () => ({})),
  bind('open-round', openRound, topics.rounds, roundPorts, all => all),
  bind('sample', sample, topics.prompts, { candidates: topics.candidates }, all => all, {}, lostInRound),
  bind('score', score, topics.candidates, { scored: topics.scoredSamples }, all => all, {}, lostInRound),
  bind(
    'gate',
    gate,
    topics.scoredSamples,
    { accepted: topics.accepted, outcomes: topics.outcomes },
    all => all,
    {},
    lostInRound,
  ),
  bind(
    'clean-bootstrap',
    clean,
    topics.accepted,
    { kept: topics.acceptedClean, dropped: topics.dropped },
    all => all,
    {},
    lostBehindGate,
  ),
  bind(
    'seal-bootstrap',
    seal,
    topics.acceptedClean,
    { shards: topics.shards },
    all => all,
    { dataset: 'bootstrap-{round}' },
    lostBehindGate,
  ),

  // The account of a round: every end of a prompt and of an answer, until the sum is complete.
  bind('count-dropped', countDropped, topics.dropped, { outcomes: topics.outcomes }, () => ({})),
  bind('count-sealed', countSealed, topics.shards, { outcomes: topics.outcomes }, () => ({})),
  bind('close-round', closeRound, topics.outcomes, { rounds: topics.rounds }, all => all),
]

/** Topics whose records `steerflow relabel` takes. */
export const relabelSources: readonly Topic<typeof Conversation>[] = [topics.scored, topics.annotated]

/**
 * The node that runs on demand: the labels of the model of that digest beside those that a record has. Each model and
 * source has a name, and thereby a consumer group, of its own, so that each is gone through once.
 */
export const relabelNode = (digest: string, from: Topic<typeof Conversation>): Node =>
  bind(`relabel-${digest}-${from.name}`, relabel, from, { relabelled: topics.relabelled }, all => all)
