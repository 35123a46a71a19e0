import { z } from 'zod'
import { GateResult } from '../gates/gate.js'
import { Snapshot } from '../job.js'
import { TrainedModel } from '../model.js'
import { PathBelow } from '../names.js'
import { DatasetName } from '../shard.js'
import { RoundPlan } from './round-plan.js'
import { RoundSummary } from './summary.js'

/** A round's name, `<loop>-<number>`; its dataset is `bootstrap-<round>`. */
export const RoundName = DatasetName
export const roundName = (loop: string, number: number): string => `${loop}-${number}`
export const datasetOfRound = (round: string): string => `bootstrap-${round}`
/** The round to which a dataset belongs; null if to none. */
export const roundOfDataset = (dataset: string): string | null =>
  dataset.startsWith('bootstrap-') ? dataset.slice('bootstrap-'.length) : null

/** A SteerLM model to sample: its digest as endpoints declare it, or `external` if none declares any. */
export const Policy = z.strictObject({ model: z.string(), digest: z.string() }).meta({ title: 'Policy' })
export type Policy = z.output<typeof Policy>

/** Everything that a round depends on (docs/bootstrap.md#what-is-fixed-when-a-round-is-opened). */
export const Round = z
  .strictObject({
    round: RoundName,
    loop: DatasetName,
    number: z.int().positive(),
    purpose: z.enum(['train', 'measure']).describe('measure: only to compare the last model; nothing is trained on'),
    policy: Policy.describe('the model whose answers are sampled'),
    value_model: z.string().describe('digest of the value model that scores every answer of the round'),
    attribute_set: z.string(),
    snapshot: Snapshot.describe('training data: prompts, attribute lines and near-duplicates come from it'),
    labels: z.array(z.string()).min(1).describe('attribute lines that are asked for, in order'),
    prompts: z.strictObject({
      count: z.int().positive().describe('prompts of the round: each is accounted for once'),
      path: PathBelow.describe('file with the prompts below the storage root'),
      sha256: z.string(),
    }),
    plan: RoundPlan,
  })
  .meta({ title: 'Round' })
export type Round = z.output<typeof Round>

/** The decision about a closed round. */
export const RoundVerdict = z
  .strictObject({
    go: z.boolean().describe('train on the round; false of one that only measures'),
    rule: z.string().describe('why: of a stop the rules that did not hold'),
    gates: z.array(GateResult).describe('what every rule said'),
    best: Policy.describe('the best model that was measured so far'),
  })
  .meta({ title: 'Verdict' })
export type RoundVerdict = z.output<typeof RoundVerdict>

/**
 * A step in the life of a loop of rounds, in this order:
 * - `requested`: a person, or the rule if bootstrap.auto is set, requested the next round;
 * - `opened`: everything that it depends on is fixed; `asked`: its prompts before `next` are published;
 * - `closed`: every prompt is accounted for; `judged`: the stop rule has decided;
 * - `trained`: the job on its dataset has made a model;
 * - `stopped`: the loop has ended, or a person gave the round up, and prompts that were not asked yet are skipped.
 */
export const RoundEvent = z
  .strictObject({
    loop: DatasetName,
    round: RoundName,
    event: z.enum(['requested', 'opened', 'asked', 'closed', 'judged', 'trained', 'stopped']),
    by: z.enum(['rule', 'person']),
    number: z.int().positive(),
    purpose: z.enum(['train', 'measure']).optional().describe('of requested'),
    policy: Policy.optional().describe('of requested: the model to sample'),
    plan: RoundPlan.optional().describe('of requested'),
    opening: Round.optional().describe('of opened'),
    next: z.int().nonnegative().optional().describe('of asked: prompts that are published'),
    summary: RoundSummary.optional().describe('of closed'),
    verdict: RoundVerdict.optional().describe('of judged'),
    model: TrainedModel.optional().describe('of trained: the model that came of it'),
    reason: z.string().optional().describe('of stopped'),
  })
  .meta({ title: 'RoundEvent' })
export type RoundEvent = z.output<typeof RoundEvent>
