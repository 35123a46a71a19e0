import { SteerflowError } from '../../domain/errors.js'

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
