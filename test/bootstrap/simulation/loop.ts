import { gateAnswers, type GateContext } from '../../../src/domain/bootstrap/gate/gate-answers.js'
import { judgeRound, type MeasuredRound } from '../../../src/domain/bootstrap/judge.js'
import type { EarlierRound } from '../../../src/domain/bootstrap/against-before.js'
import { RoundPlan } from '../../../src/domain/bootstrap/round-plan.js'
import type { RoundVerdict } from '../../../src/domain/bootstrap/round.js'
import { RoundTally } from '../../../src/domain/bootstrap/tally.js'
import { outcome } from '../../domain/bootstrap/outcomes.js'
import { roundOf } from '../../support/rounds.js'
import { firstPolicy, sampled, type SimulatedPolicy, trained, truth, type World } from './world.js'

export interface Size {
  readonly prompts: number
  readonly answers: number
}

/** How a simulated loop went. */
export interface SimulatedLoop {
  readonly verdicts: readonly RoundVerdict[]
  /** What the model that each round sampled is truly worth. */
  readonly truths: readonly number[]
  /** The round, from 1, whose model is the best by the last verdict. */
  readonly best: number
}

const plan = RoundPlan.parse({})
const context: GateContext = {
  set: { name: 'simulated@1', attributes: [{ key: 'quality', min: 0, max: 4 }], language: false },
  rules: plan.gate,
  controlTokens: [],
  nearTraining: new Map(),
}

/** Runs a loop as it is run for real (gate, account, stop rule), with a simulated policy, judge and training. */
export async function simulatedLoop(world: World, size: Size, seed: number): Promise<SimulatedLoop> {
  const measured: MeasuredRound[] = []
  const [verdicts, truths]: [RoundVerdict[], number[]] = [[], []]
  let policy: SimulatedPolicy = firstPolicy
  let before: EarlierRound | null = null
  for (;;) {
    const number = measured.length + 1
    const { tally, accepted } = sampledRound(world, policy, size, seed, number)
    const summary = await tally.summary(before, plan.stop.confidence)
    const round = roundOf(number, number <= plan.stop.rounds ? 'train' : 'measure', plan)
    const verdict = judgeRound({ round, summary, earlier: [...measured] }, plan.stop)
    measured.push({ round, summary })
    verdicts.push(verdict)
    truths.push(truth(policy, world))
    before = tally.earlier()
    if (!verdict.go) {
      const best = measured.findIndex(one => one.round.policy.digest === verdict.best.digest) + 1
      return { verdicts, truths, best }
    }
    policy = trained(policy, accepted, world)
  }
}

function sampledRound(world: World, policy: SimulatedPolicy, size: Size, seed: number, number: number) {
  const tally = new RoundTally(`loop-${number}`)
  const accepted: SimulatedPolicy[] = []
  for (let prompt = 0; prompt < size.prompts; prompt++) {
    const { sample, apart } = sampled(world, policy, { seed, round: number, prompt }, size)
    const candidates = [...gateAnswers(sample, context)]
    const kept = candidates.filter(one => one.kept === 'accepted')
    accepted.push(...kept.map(({ index }) => apart[index]!))
    const end = kept.length > 0 ? 'accepted' : 'rejected'
    const { prompt_id, label: asked, of } = sample
    tally.add(outcome(end, { prompt, prompt_id, asked, of, answers: 0, candidates }))
  }
  return { tally, accepted }
}
