import { z } from 'zod'
import { type AttributeSet } from '../../../domain/attributes.js'
import { SteerflowError } from '../../../domain/errors.js'
import { nemoGenerate } from './nemo-generate.js'
import { openAiChat } from './openai-chat.js'
import { openAiCompletions } from './openai-completions.js'
import { openAiReward, OpenAiRewardOptions } from './openai-reward.js'
import { OpenAiOptions } from './openai-text.js'
import { type Protocol } from './protocol.js'
import { tritonReward, TritonRewardOptions } from './triton-reward.js'

/** One row of the table: the schema of a protocol's options, and how they make one. */
interface Known<Options extends z.ZodType> {
  readonly options: Options
  /** @throws STEERFLOW_CONFIG_INVALID when the options do not fit. */
  make(given: unknown, set: AttributeSet): Protocol
}

function known<Options extends z.ZodType>(
  options: Options,
  create: (options: z.output<Options>, set: AttributeSet) => Protocol,
): Known<Options> {
  return {
    options,
    make: (given, set) => {
      const parsed = options.safeParse(given)
      if (parsed.success) return create(parsed.data, set)
      throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `options of a protocol: ${z.prettifyError(parsed.error)}`)
    },
  }
}

/** Every protocol by its name in the configuration. */
export const protocols = {
  'nemo-generate': known(z.strictObject({}), () => nemoGenerate),
  'openai-completions': known(OpenAiOptions, openAiCompletions),
  'openai-chat': known(OpenAiOptions, openAiChat),
  'openai-reward': known(OpenAiRewardOptions, openAiReward),
  'triton-reward': known(TritonRewardOptions, tritonReward),
} as const satisfies Record<string, Known<z.ZodType>>

export type ProtocolName = keyof typeof protocols

/**
 * The protocol of that name. `set` is the attribute set that the fleet works with: servers that score turns are held to it.
 * @throws STEERFLOW_CONFIG_INVALID when there is no such protocol, its options do not fit, or it cannot give such labels.
 */
export function protocolOf(name: string, options: unknown, set: AttributeSet): Protocol {
  if (!Object.hasOwn(protocols, name)) {
    const names = Object.keys(protocols).join(', ')
    throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `no inference protocol is called ${name}; known: ${names}`)
  }
  return checkedFor(set, protocols[name as ProtocolName].make(options, set))
}

/**
 * The protocol, if it can serve the set.
 * @throws STEERFLOW_CONFIG_INVALID when it scores turns and the set has a language, which is no score.
 */
export function checkedFor(set: AttributeSet, protocol: Protocol): Protocol {
  if (protocol.gives === 'text' || !set.language) return protocol
  const message = `${protocol.name} gives scores only, and the labels of ${set.name} end with a language: take a set without one`
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', message)
}
