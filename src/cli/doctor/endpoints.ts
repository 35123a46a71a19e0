import { fail, type Finding, ok, warn } from './check.js'
import { connectProblem } from './connect.js'

/** Whether the inference servers can be reached. */
export async function endpointsReachable(
  urls: readonly string[],
  connect: typeof connectProblem = connectProblem,
): Promise<Finding> {
  if (urls.length === 0) return ok('none set: the active baseline model is served by the run itself')
  const problems = await Promise.all(urls.map(connect))
  const lost = urls.flatMap((url, at) => (problems[at] === null ? [] : [`${url}: ${problems[at]}`]))
  const todo = 'Start the servers, or correct annotate.endpoints; runs wait for them and lose nothing.'
  if (lost.length === urls.length) return fail(`none can be reached: ${lost.join('; ')}`, todo)
  return lost.length > 0 ? warn(`not reached: ${lost.join('; ')}`, todo) : ok(`${urls.length} reached`)
}
