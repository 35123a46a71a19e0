import { SteerflowError } from '../../domain/errors.js'
import type { AnsweringFleet } from '../../adapters/inference/answering-fleet.js'
import type { TokenCounts } from '../../adapters/inference/protocols/protocol.js'
import type { AttributeSet } from '../../domain/attributes.js'
import type { Sampling } from '../../domain/sampling.js'
import { steeringLabel, type Wishes } from '../../domain/steering.js'
import type { PinnedValueModel, ScoredTurn } from '../../stages/needs.js'

/**
 * The model to request from servers, given the models that they declare. If a server declares none: `external`, whatever it
 * serves. Otherwise the only declared model, or the active SteerLM model among them.
 * @param active digest and name of the active SteerLM model; called only if needed
 * @throws STEERFLOW_USAGE if several models are declared and none is active
 */
export async function modelToAsk(
  declared: readonly (string | null)[],
  active: () => Promise<readonly string[]>,
): Promise<string> {
  if (declared.includes(null)) return 'external'
  const names = [...new Set(declared.filter(name => name !== null))]
  const wanted = names.length === 1 ? names[0] : (await active()).find(name => names.includes(name))
  if (wanted !== undefined) return wanted
  throw new SteerflowError(
    'STEERFLOW_USAGE',
    `the endpoints serve ${names.join(', ')}, and none of them is the active SteerLM model: promote one, or choose one with --model`,
  )
}

/** A question with its settings. */
export interface AskedText {
  readonly text: string
  readonly system: string
  readonly model: string
  readonly set: AttributeSet
  readonly sampling: Sampling
  readonly maxTokens: number
}

/** An answer with its requested and its predicted attributes. */
export interface AskedReply {
  readonly label: string
  readonly answer: string
  readonly finish: 'stop' | 'length' | null
  readonly tokens: TokenCounts | null
  readonly seconds: number
  readonly model: string
  /** Null without a value model. */
  readonly predicted: ScoredTurn | null
}

/** Asks once per set of requested attributes, concurrently; answers come in the order of `settings`. */
export function ask(
  fleet: AnsweringFleet,
  question: AskedText,
  settings: readonly Wishes[],
  judge: PinnedValueModel | null,
  signal: AbortSignal,
): Promise<readonly AskedReply[]> {
  const { text, system, model, set, sampling, maxTokens } = question
  const turns = [{ from: 'User', value: text, label: null }]
  return Promise.all(
    settings.map(async wishes => {
      const label = steeringLabel(set, wishes)
      const started = performance.now()
      const answered = await fleet.answer(model, { system, turns, label }, { sampling, maxTokens }, signal)
      const seconds = (performance.now() - started) / 1000
      const answer = { from: 'Assistant', value: answered.text, label: null }
      const predicted = judge && (await judge.scoreTurn({ system, turns: [...turns, answer] }, signal))
      return {
        label,
        answer: answered.text,
        finish: answered.finish,
        tokens: answered.tokens,
        seconds,
        model,
        predicted,
      }
    }),
  )
}
