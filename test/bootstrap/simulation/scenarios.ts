import type { SimulatedLoop } from './loop.js'
import type { World } from './world.js'

/** A world with what a loop should do in it. */
export interface Scenario {
  readonly name: string
  readonly world: World
  /** What is right, in a few words. */
  readonly right: string
  readonly isRight: (loop: SimulatedLoop) => boolean
}

const honest: World = { quality: 0.6, length: 0.3, noise: 0.4, paid: 0, costs: 0, echoes: 0, learns: 0.5 }
/** The judge pays for length, more than length costs: the score goes up while the answers get worse and repeat themselves. */
const fooled: World = { quality: 0.3, length: 0.6, noise: 0.3, paid: 2.2, costs: 1, echoes: 0.2, learns: 1 }

const foundAll = ({ best, truths }: SimulatedLoop): boolean => best === truths.length && truths.length === 3
const keptFirst = ({ best }: SimulatedLoop): boolean => best === 1
const stoppedAtOnce = (loop: SimulatedLoop): boolean => keptFirst(loop) && loop.verdicts.length <= 2
const guards = ['gain at equal length', 'length growth', 'diversity loss', 'length correlation']
const stoppedByGuard = (loop: SimulatedLoop): boolean =>
  keptFirst(loop) && guards.some(rule => loop.verdicts.at(-1)!.rule.includes(rule))

export const scenarios: readonly Scenario[] = [
  { name: 'training helps', world: honest, right: 'both new models are better, the last is kept', isRight: foundAll },
  {
    name: 'training helps a little',
    world: { ...honest, learns: 0.1 },
    right: 'both new models are better, the last is kept',
    isRight: foundAll,
  },
  {
    name: 'training changes nothing',
    world: { ...honest, learns: 0 },
    right: 'stops after the second round, the first model is kept',
    isRight: stoppedAtOnce,
  },
  {
    name: 'the judge sees nothing but noise',
    world: { ...honest, quality: 0, noise: 0.7 },
    right: 'stops after the second round, the first model is kept',
    isRight: stoppedAtOnce,
  },
  {
    name: 'the judge is fooled by length',
    world: fooled,
    right: 'a guard stops it, the first model is kept',
    isRight: stoppedByGuard,
  },
  {
    name: 'the judge is fooled, training is slow',
    world: { ...fooled, learns: 0.4 },
    right: 'a guard stops it, the first model is kept',
    isRight: stoppedByGuard,
  },
  // The rules were settled before the two below were looked at.
  {
    name: 'training helps, the judge is fooled a little',
    world: { quality: 0.4, length: 0.4, noise: 0.4, paid: 1.2, costs: 0.8, echoes: 0, learns: 0.7 },
    right: 'a better model than the first is kept',
    isRight: ({ best, truths }) => truths[best - 1]! > truths[0]!,
  },
  {
    name: 'longer answers are better',
    world: { ...honest, length: 0.5, costs: -1.5 },
    right: 'both new models are better, the last is kept',
    isRight: foundAll,
  },
]
