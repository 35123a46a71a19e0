import { SteerflowError } from '../errors.js'
import { type SourceFormat } from './format.js'
import { helpSteer } from './helpsteer.js'
import { oasstTree } from './oasst-tree.js'
import { openAiMessages } from './openai-messages.js'
import { shareGpt } from './sharegpt.js'
import { steerLm } from './steerlm.js'

/** Every format, in the order in which they are tried: what is more particular first. */
export const sourceFormats: readonly SourceFormat[] = [oasstTree, helpSteer, steerLm, shareGpt, openAiMessages]

/** The format that a record looks like. @throws STEERFLOW_INPUT_FORMAT when it looks like none. */
export function detectFormat(record: Readonly<Record<string, unknown>>): SourceFormat {
  const found = sourceFormats.find(format => format.detect(record))
  if (found) return found
  const keys = Object.keys(record).slice(0, 8).join(', ')
  throw new SteerflowError('STEERFLOW_INPUT_FORMAT', `a record with the keys {${keys}} is in no known format`)
}

/** The format of that name. @throws STEERFLOW_INPUT_FORMAT when there is none. */
export function sourceFormat(name: string): SourceFormat {
  const found = sourceFormats.find(format => format.name === name)
  if (found) return found
  const names = sourceFormats.map(format => format.name).join(', ')
  throw new SteerflowError('STEERFLOW_INPUT_FORMAT', `no format is called ${name}; known: ${names}`)
}
