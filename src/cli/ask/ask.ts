import { SteerflowError } from '../../domain/errors.js'
import type { AnsweringFleet } from '../../adapters/inference/answering-fleet.js'
import type { TokenCounts } from '../../adapters/inference/protocols/protocol.js'
import type { AttributeSet } from '../../domain/attributes.js'
import type { Sampling } from '../../domain/sampling.js'
import { steeringLabel, type Wishes } from '../../domain/steering.js'
import type { PinnedValueModel, ScoredTurn } from '../../stages/needs.js'

/**
 * What to ask servers for, out of what they declare to serve: where one declares nothing, whatever it serves; otherwise
 * the active SteerLM model if it is among them, or the only one that there is.
 * @param active digest and name of the active SteerLM model; asked only where it matters
 * @throws STEERFLOW_USAGE when there are several and none of them is active.
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
    `the endpoints serve ${names.join(', ')}, of which none is the active SteerLM model: promote one, or name it with --model`,
  )
}

/** A question, and how it is put. */
export interface AskedText {
  readonly text: string
  readonly system: string
  readonly model: string
  readonly set: AttributeSet
  readonly sampling: Sampling
  readonly maxTokens: number
}

/** An answer with the attributes that it was asked for with, and those that the value model sees in it. */
export interface AskedReply {
  readonly label: string
  readonly answer: string
  readonly finish: 'stop' | 'length' | null
  readonly tokens: TokenCounts | null
  readonly seconds: number
  readonly model: string
  /** Null where no value model was asked. */
  readonly predicted: ScoredTurn | null
}

/** Asks once for each list of wishes, all together; the answers come in the order of the wishes. */
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
