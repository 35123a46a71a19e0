import { z } from 'zod'
import { BootstrapPrompt } from '../domain/bootstrap/candidates.js'
import { judgeRound } from '../domain/bootstrap/judge.js'
import {
  emptyLoop,
  lastRound,
  type LoopState,
  type RoundState,
  nextPurpose,
  policyOf,
  withRoundEvent,
} from '../domain/bootstrap/loop-state.js'
import {
  datasetOfRound,
  type Policy,
  type Round,
  RoundEvent,
  roundName,
  type RoundVerdict,
} from '../domain/bootstrap/round.js'
import { SteerflowError } from '../domain/errors.js'
import { activation, emptyRole } from '../domain/model-registry.js'
import { ModelRecord } from '../domain/model.js'
import { ShardEvent } from '../domain/shard.js'
import { type Emission, lastingFold } from './stage.js'

const ports = { prompts: BootstrapPrompt, rounds: RoundEvent, shards: ShardEvent, models: ModelRecord }
type Out = readonly Emission<typeof ports>[]

/** Prompts published in one step: a round of any size needs bounded memory. */
const promptsAStep = 500

const options = z.strictObject({
  auto: z
    .boolean()
    .default(false)
    .describe('whether the model of a round opens the next round automatically, until the stop rule ends the loop'),
})

/**
 * Carries a loop from round to round: opens a round, publishes its prompts, applies the stop rule when every prompt is
 * accounted for, and requests the training job and, with `auto`, the next round. Its output leads back into its own topic,
 * so that every step is on record before the next is taken, and is taken once even after a crash.
 */
export const openRound = lastingFold({
  name: 'open-round',
  summary: 'Opens bootstrap rounds, publishes their prompts, and decides when a loop ends.',
  needs: ['roundMaterials'],
  initial: () => emptyLoop,
  key: (record: RoundEvent) => record.loop,
  input: RoundEvent,
  ports,
  options,
  create: ({ options, needs, to }) => {
    type Told = Partial<RoundEvent> & Pick<RoundEvent, 'event'>
    const told = ({ request }: RoundState, event: Told) => {
      const { loop, round, number } = request
      return to.rounds({ loop, round, number, by: 'rule', ...event })
    }

    const asking = async (state: RoundState, round: Round): Promise<Out> => {
      const prompts = await needs.roundMaterials.prompts(round, state.asked, promptsAStep)
      if (prompts.length === 0) return []
      return [...prompts.map(to.prompts), told(state, { event: 'asked', next: state.asked + prompts.length })]
    }

    const judged = (loop: LoopState, state: RoundState, verdict: RoundVerdict): Out => {
      const trains = verdict.go && state.request.purpose !== 'measure'
      if (trains) {
        const dataset = datasetOfRound(state.request.round)
        return [to.shards({ dataset, event: 'closed', at: null, manifest: null })]
      }
      return [...promoted(loop, verdict.best), told(state, { event: 'stopped', reason: verdict.rule })]
    }

    /** Activates the best model of the loop, if the loop trained it. */
    const promoted = ({ loop, rounds }: LoopState, best: Policy): Out => {
      const model = rounds.find(round => round.model?.digest === best.digest)?.model
      if (!model) return []
      const record: ModelRecord = { ...model, state: 'registered', reason: '' }
      const reason = `rule: the best of the bootstrap loop ${loop}`
      return activation(emptyRole, record, { reason, decided_by: 'rule' }).map(to.models)
    }

    const following = (loop: LoopState, state: RoundState): Out => {
      const { request, model } = state
      if (!options.auto || model === null || request.plan === undefined) return []
      const number = request.number + 1
      const purpose = nextPurpose(loop, request.plan.stop)
      const policy = policyOf(model)
      const round = roundName(loop.loop, number)
      return [told(state, { event: 'requested', round, number, purpose, policy, plan: request.plan })]
    }

    return {
      step: withRoundEvent,
      act: async loop => {
        const state = lastRound(loop)
        if (loop.moved === null || state === undefined) return []
        const { round, summary, verdict } = state
        switch (loop.moved.event) {
          case 'requested':
            return [told(state, await needs.roundMaterials.open(state.request).then(opened, refused))]
          case 'opened':
          case 'asked':
            return round ? asking(state, round) : []
          case 'closed':
            return round && summary ? [told(state, { event: 'judged', verdict: verdictOf(loop, state) })] : []
          case 'judged':
            return verdict ? judged(loop, state, verdict) : []
          case 'trained':
            return following(loop, state)
          case 'stopped':
            return []
        }
      },
    }
  },
})

const opened = (opening: Round) => ({ event: 'opened' as const, opening })

/** A round that cannot be opened ends its loop; the pipeline is fine. */
const refused = (thrown: unknown) => {
  if (thrown instanceof SteerflowError && thrown.kind === 'permanent')
    return { event: 'stopped' as const, reason: thrown.message }
  throw thrown
}

/** The stop rule's verdict on a closed round. A round that a person gave up is not trained on. */
function verdictOf({ rounds }: LoopState, { round, summary, givenUp }: RoundState): RoundVerdict {
  const closed = rounds.flatMap(one => (one.round && one.summary ? [{ round: one.round, summary: one.summary }] : []))
  const verdict = judgeRound({ round: round!, summary: summary!, earlier: closed.slice(0, -1) }, round!.plan.stop)
  return givenUp ? { ...verdict, go: false, rule: 'given up by a person' } : verdict
}
