import type { ScoredSample } from '../../../src/domain/bootstrap/candidates.js'
import { drawsOf } from './draws.js'

/** A simulated policy: what its answers are like in the middle. */
export interface SimulatedPolicy {
  /** Points of the judge's scale from 0 to 4. */
  readonly quality: number
  /** Logarithm of the words of an answer. */
  readonly logWords: number
  /** Share of words that were said before. */
  readonly echo: number
}

/** How answers differ, what the judge sees of them, and what training does. All of it is known, since it is made up. */
export interface World {
  /** Spread of quality and of log length between the answers of a prompt. */
  readonly quality: number
  readonly length: number
  /** Errors of the judge, as a standard deviation. */
  readonly noise: number
  /** Points that the judge pays, and quality that an answer loses, when it is e times as long. */
  readonly paid: number
  readonly costs: number
  /** Words that are repeated more, as a share, when an answer is e times as long. */
  readonly echoes: number
  /** How much of what sets the accepted answers apart training takes over: 0 none, 1 all. */
  readonly learns: number
}

export const firstPolicy: SimulatedPolicy = { quality: 2.5, logWords: Math.log(14), echo: 0.15 }

/** What the answers of a policy are truly worth. */
export const truth = ({ quality, logWords }: SimulatedPolicy, { costs }: World): number =>
  quality - costs * (logWords - firstPolicy.logWords)

/** An answer, with what sets it apart from the policy's middle. */
interface Drawn {
  readonly text: string
  readonly score: number
  readonly apart: SimulatedPolicy
}

/** A prompt that was sampled and scored, and what its answers are really like, by index. */
export interface SimulatedSample {
  readonly sample: ScoredSample
  readonly apart: readonly SimulatedPolicy[]
}

/** Samples and scores a prompt. Its difficulty is the same in every round; everything else is drawn anew. */
export function sampled(
  world: World,
  policy: SimulatedPolicy,
  place: { readonly seed: number; readonly round: number; readonly prompt: number },
  { prompts, answers }: { readonly prompts: number; readonly answers: number },
): SimulatedSample {
  const difficulty = 0.4 * drawsOf(place.seed, 0, place.prompt).normal()
  const draws = Array.from({ length: answers }, (_, index) =>
    drawn(world, policy, difficulty, drawsOf(place.seed, place.round, place.prompt, index)),
  )
  const candidates = draws.map(({ text, score }, index) => ({
    index,
    seed: index,
    text,
    finish: 'stop' as const,
    tokens: null,
    predicted: { label: `quality:${Math.round(score)}`, scores: { quality: score } },
  }))
  return {
    apart: draws.map(({ apart }) => apart),
    sample: {
      round: `simulated-${place.round}`,
      index: place.prompt,
      of: prompts,
      prompt_id: `prompt-${place.prompt}`,
      tree_id: `prompt-${place.prompt}`,
      system: '',
      mask: 'User',
      turns: [{ from: 'User', value: '?' }],
      speaker: 'Assistant',
      label: 'quality:4',
      reference: null,
      lineage: { source: 'simulation', line: place.prompt, configuration: '', models: [] },
      policy: 'simulated',
      candidates,
      value_model: 'simulated',
      attribute_set: 'simulated@1',
    },
  }
}

function drawn(world: World, policy: SimulatedPolicy, difficulty: number, draws: ReturnType<typeof drawsOf>): Drawn {
  const longer = world.length * draws.normal()
  const apart = {
    quality: world.quality * draws.normal(),
    logWords: longer,
    echo: world.echoes * longer + 0.02 * draws.normal(),
  }
  const logWords = policy.logWords + longer
  const worth = truth({ ...policy, quality: policy.quality + apart.quality, logWords }, world)
  const seen = worth + difficulty + world.noise * draws.normal() + world.paid * (logWords - firstPolicy.logWords)
  const text = textOf(Math.max(1, Math.round(Math.exp(logWords))), policy.echo + apart.echo, draws)
  return { text, score: Math.min(4, Math.max(0, seen)), apart }
}

/** A text of so many words, of which about that share were said before. */
function textOf(length: number, echo: number, draws: ReturnType<typeof drawsOf>): string {
  const words: string[] = []
  for (let at = 0; at < length; at++) {
    const again = at > 0 && draws.uniform() < echo
    words.push(again ? words[Math.floor(draws.uniform() * at)]! : Math.floor(draws.uniform() * 1e6).toString(36))
  }
  return words.join(' ')
}

/** The policy after training on the accepted answers: it moves towards what sets them apart. */
export function trained(
  policy: SimulatedPolicy,
  accepted: readonly SimulatedPolicy[],
  { learns }: World,
): SimulatedPolicy {
  if (accepted.length === 0) return policy
  const mean = (of: (apart: SimulatedPolicy) => number): number =>
    accepted.reduce((sum, apart) => sum + of(apart), 0) / accepted.length
  return {
    quality: policy.quality + learns * mean(({ quality }) => quality),
    logWords: policy.logWords + learns * mean(({ logWords }) => logWords),
    echo: policy.echo + learns * mean(({ echo }) => echo),
  }
}
