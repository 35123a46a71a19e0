import { z } from 'zod'
import { sealedAnswers } from '../domain/bootstrap/lost.js'
import { Outcome } from '../domain/bootstrap/outcome.js'
import { roundOfDataset } from '../domain/bootstrap/round.js'
import { ShardEvent } from '../domain/shard.js'
import { each } from './stage.js'

const shard: ShardEvent = {
  dataset: 'bootstrap-main-1',
  event: 'sealed',
  at: null,
  manifest: {
    dataset: 'bootstrap-main-1',
    version: 1,
    split: 'train',
    path: 'shards/bootstrap-main-1/train/answers.clean-0-0-1a2b.jsonl',
    topic: 'answers.clean',
    partition: 0,
    from: '0',
    to: '12',
    records: 12,
    bytes: 4096,
    sha256: '1a2b',
    attribute_set: 'oasst-12@1',
    reason: 'age',
  },
}

/** Reports the number of answers in a sealed shard to the account of their round. */
export const countSealed = each({
  name: 'count-sealed',
  summary: 'Reports the number of sealed answers to the account of their bootstrap round.',
  input: ShardEvent,
  ports: { outcomes: Outcome },
  options: z.strictObject({}),
  examples: [
    {
      title: "a shard of a round's dataset",
      given: shard,
      expect: [{ to: 'outcomes', value: sealedAnswers('main-1', 12, 1) }],
    },
    { title: 'a shard of another dataset', given: { ...shard, dataset: 'steerlm' }, expect: [] },
  ],
  create:
    ({ to }) =>
    ({ dataset, manifest }) => {
      const round = roundOfDataset(dataset)
      if (round === null || manifest === null) return []
      return to.outcomes(sealedAnswers(round, manifest.records, manifest.version))
    },
})
