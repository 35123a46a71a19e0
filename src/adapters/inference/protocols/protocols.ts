import { z } from 'zod'
import type { AttributeSet } from '../../../domain/attributes.js'
import { SteerflowError } from '../../../domain/errors.js'
import { nemoGenerate } from './nemo-generate.js'
import { openAiChat, OpenAiOptions, openAiCompletions } from './openai-text.js'
import { openAiReward, OpenAiRewardOptions } from './openai-reward.js'
import type { Protocol } from './protocol.js'
import { tritonReward, TritonRewardOptions } from './triton-reward.js'

/** One row of the table: it builds a protocol from the options of an entry. */
export interface KnownProtocol {
  /** Names of its options: `model`, the name in requests; `guided`, how label lines are enforced. */
  readonly takes: readonly string[]
  /** @throws STEERFLOW_CONFIG_INVALID if the options do not fit. */
  make(given: unknown, set: AttributeSet): Protocol
}

/** Protocols by their names in the configuration. */
export type Protocols = Readonly<Record<string, KnownProtocol>>

function known<Options extends z.ZodObject>(
  options: Options,
  create: (options: z.output<Options>, set: AttributeSet) => Protocol,
): KnownProtocol {
  return {
    takes: Object.keys(options.shape),
    make: (given, set) => {
      const parsed = options.safeParse(given)
      if (parsed.success) return create(parsed.data, set)
      throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `options of a protocol: ${z.prettifyError(parsed.error)}`)
    },
  }
}

export const protocols = {
  'nemo-generate': known(z.strictObject({}), () => nemoGenerate),
  'openai-completions': known(OpenAiOptions, openAiCompletions),
  'openai-chat': known(OpenAiOptions, openAiChat),
  'openai-reward': known(OpenAiRewardOptions, openAiReward),
  'triton-reward': known(TritonRewardOptions, tritonReward),
} as const satisfies Protocols

/**
 * The protocol of that name, checked against the fleet's attribute set.
 * @param all the known protocols
 * @throws STEERFLOW_CONFIG_INVALID if there is no such protocol, its options do not fit, or it cannot give such labels.
 */
export function protocolOf(name: string, options: unknown, set: AttributeSet, all: Protocols = protocols): Protocol {
  const found = Object.hasOwn(all, name) ? all[name] : undefined
  if (found) return checkedFor(set, found.make(options, set))
  const names = Object.keys(all).join(', ')
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `no inference protocol is called ${name}; known: ${names}`)
}

/**
 * The protocol, if it can serve the set.
 * @throws STEERFLOW_CONFIG_INVALID if it scores turns and the set has a language, which is not a score.
 */
export function checkedFor(set: AttributeSet, protocol: Protocol): Protocol {
  if (protocol.gives === 'text' || !set.language) return protocol
  const message = `${protocol.name} gives scores only, and the labels of ${set.name} end with a language: use a set without one`
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', message)
}
