import { SteerflowError } from '../../../domain/errors.js'
import { readSmall } from '../../storage/small-file.js'
import type { EndpointEntry } from './entry.js'

/**
 * Headers with the API key of an entry; none if the entry names no key.
 * @throws STEERFLOW_CONFIG_INVALID if the variable or file is missing or empty, or its content does not fit a header.
 */
export async function keyHeaders(
  { apiKeyEnv, apiKeyFile }: EndpointEntry,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Readonly<Record<string, string>>> {
  if (apiKeyEnv !== undefined) return bearer(`apiKeyEnv: ${apiKeyEnv}`, env[apiKeyEnv] ?? '')
  if (apiKeyFile === undefined) return {}
  const text = await readSmall(apiKeyFile).catch((cause: unknown) => {
    throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `apiKeyFile: ${apiKeyFile} cannot be read`, { cause })
  })
  return bearer(`apiKeyFile: ${apiKeyFile}`, text)
}

/** No error message contains the key. */
function bearer(source: string, text: string): Readonly<Record<string, string>> {
  const key = text.trim()
  if (/^[\x21-\x7e]+$/.test(key)) return { authorization: `Bearer ${key}` }
  throw new SteerflowError('STEERFLOW_CONFIG_INVALID', `${source} ${key === '' ? 'is empty' : 'is not a valid key'}`)
}
