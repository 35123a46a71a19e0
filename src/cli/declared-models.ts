import { currentEndpoints } from '../adapters/inference/endpoints/current.js'
import { type Config, endpointsOf } from './config.js'

/** The models that the configured endpoints of every source say they serve now, each once. */
export async function declaredModels(config: Config): Promise<readonly string[]> {
  const sources = endpointsOf(config.annotate)
  const endpoints = sources ? (await currentEndpoints(sources)).endpoints : []
  return [...new Set(endpoints.flatMap(({ model }) => model ?? []))]
}
