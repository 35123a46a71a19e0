import { z } from 'zod'
import { numberOf, loopOf } from '../domain/bootstrap/outcome.js'
import { RoundEvent, roundOfDataset } from '../domain/bootstrap/round.js'
import { ModelRecord } from '../domain/model.js'
import { each } from './stage.js'

const model: ModelRecord = {
  model: 'bootstrap-main-1-1a2b3c4d5e6f',
  role: 'steerlm',
  digest: '1a2b3c4d5e6f',
  path: 'models/bootstrap-main-1-1a2b3c4d5e6f',
  kind: 'trl',
  attribute_set: 'oasst-12@1',
  dataset: 'bootstrap-main-1',
  snapshot: '5e6f',
  job: 'bootstrap-main-1-5e6f-trl',
  metrics: [],
  state: 'registered',
  reason: 'trained by bootstrap-main-1-5e6f-trl',
}
const { state: _, reason: __, ...trained } = model

/** Reports a model to the loop whose round it was trained on: only its first record, which its job registers. */
export const noteTrained = each({
  name: 'note-trained',
  summary: 'Reports a model to the bootstrap loop whose round it was trained on.',
  input: ModelRecord,
  ports: { rounds: RoundEvent },
  options: z.strictObject({}),
  examples: [
    {
      title: "a model of a round's dataset",
      given: model,
      expect: [
        {
          to: 'rounds',
          value: { loop: 'main', round: 'main-1', event: 'trained', by: 'rule', number: 1, model: trained },
        },
      ],
    },
    { title: 'a later record of the model', given: { ...model, state: 'active', decided_by: 'person' }, expect: [] },
    { title: 'a model of another dataset', given: { ...model, dataset: 'steerlm' }, expect: [] },
  ],
  create:
    ({ to }) =>
    record => {
      const round = roundOfDataset(record.dataset)
      if (round === null || record.state !== 'registered' || record.decided_by !== undefined) return []
      const { state: _, reason: __, decided_by: ___, rolled_back_from: ____, ...model } = record
      return to.rounds({
        loop: loopOf(round),
        round,
        event: 'trained',
        by: 'rule',
        number: numberOf(round),
        model,
      })
    },
})
