import { exampleRound } from '../domain/bootstrap/examples.js'
import type { ScoredSample } from '../domain/bootstrap/candidates.js'
import type { Outcome } from '../domain/bootstrap/outcome.js'
import type { Round } from '../domain/bootstrap/round.js'

/** The round of the gate's worked example. */
export const measuringRound: Round = { ...exampleRound('main-1'), purpose: 'measure' }

const reference = 'A stream is a sequence of records that has no end and is read as it comes.'
const good = 'Records that come one after another, without an end.'

export const exampleSample: ScoredSample = {
  round: 'main-1',
  index: 7,
  of: 20,
  prompt_id: '5e6f',
  tree_id: 'tree-1',
  system: 'A chat.\n\n',
  mask: 'User',
  turns: [{ value: 'What is a stream?', from: 'User', label: null }],
  speaker: 'Assistant',
  label: 'quality:4',
  reference,
  lineage: { source: 'example', line: 1, configuration: 'example', models: [] },
  policy: 'external',
  value_model: 'example-model',
  attribute_set: 'example@1',
  candidates: [
    {
      index: 0,
      seed: 11,
      text: good,
      finish: 'stop',
      tokens: 11,
      predicted: { label: 'quality:3', scores: { quality: 3.25 } },
    },
    {
      index: 1,
      seed: 12,
      text: 'It is, as one might say, quality:4',
      finish: 'length',
      tokens: 16,
      predicted: { label: 'quality:1', scores: { quality: 1.5 } },
    },
  ],
}

/** The gate's outcome for that sample. */
export const exampleOutcome: Outcome = {
  round: 'main-1',
  end: 'accepted',
  prompt: 7,
  of: 20,
  answers: 0,
  version: null,
  prompt_id: '5e6f',
  asked: 'quality:4',
  reference_chars: reference.length,
  candidates: [
    {
      index: 0,
      kept: 'accepted',
      against: [],
      values: {
        stopped: 'stop',
        length: 52,
        'control token': null,
        'leaked label': null,
        'label complete': 'quality:3',
        'length ratio': 0.7027,
        'unique words': 1,
        'near the training data': null,
        'floor of quality': 3.25,
        'exact duplicate': null,
        "near the prompt's answer": 0,
        'near another answer': 0,
        rank: 1,
      },
      label: 'quality:3',
      goodness: 3.25,
      chars: 52,
      unique_words: 1,
      finish: 'stop',
    },
    {
      index: 1,
      kept: 'no',
      against: ['stopped', 'leaked label', 'floor of quality'],
      values: {
        stopped: 'length',
        length: 34,
        'control token': null,
        'leaked label': 'quality:4',
        'label complete': 'quality:1',
        'length ratio': 0.4595,
        'unique words': 1,
        'near the training data': null,
        'floor of quality': 1.5,
        'exact duplicate': null,
        "near the prompt's answer": 0,
        'near another answer': 0,
      },
      label: 'quality:1',
      goodness: 1.5,
      chars: 34,
      unique_words: 1,
      finish: 'length',
    },
  ],
  reason: 'measured',
}
