import { shownUrl } from '../../adapters/inference/credentials.js'
import { currentEndpoints } from '../../adapters/inference/endpoints/current.js'
import { type EndpointsSpec } from '../../adapters/inference/endpoints/watch.js'
import { fail, type Finding, ok, warn } from './check.js'
import { connectProblem } from './connect.js'

const todoOf = (key: string): string =>
  `Start the servers, or correct ${key}.endpoints; runs wait for them and lose nothing.`

/**
 * Whether the inference servers can be reached: those of every source, as it stands.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_CONFIG_INVALID when a file of a source cannot be read.
 */
export async function endpointsReachable(
  spec: EndpointsSpec | null,
  connect: typeof connectProblem = connectProblem,
  key: 'annotate' | 'sample' = 'annotate',
): Promise<Finding> {
  const todo = todoOf(key)
  if (!spec) return ok('none set: the active baseline model is served by the run itself')
  const { endpoints, problems } = await currentEndpoints(spec)
  const reached = await Promise.all(
    endpoints.map(async ({ url }) => {
      const problem = await connect(url)
      return problem === null ? [] : [`${shownUrl(url)}: ${problem}`]
    }),
  )
  const lost = reached.flat()
  const all = [...problems, ...lost].join('; ')
  if (endpoints.length === 0) return fail(`the sources name no server${all === '' ? '' : `: ${all}`}`, todo)
  if (lost.length === endpoints.length) return fail(`none can be reached: ${all}`, todo)
  return all === '' ? ok(`${endpoints.length} reached`) : warn(`not reached: ${all}`, todo)
}
