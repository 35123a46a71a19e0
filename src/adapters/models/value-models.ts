import { type ModelRecord } from '../../domain/model.js'
import { SteerflowError } from '../../domain/errors.js'
import { type PinnedValueModel, type ValueModels } from '../../stages/needs.js'
import { type Fleet } from '../inference/fleet.js'
import { type ActiveModel } from './active-model.js'

/** A model server of this process. */
export interface LocalServer {
  readonly url: string
  close(): Promise<void>
}

export interface ValueModelsOptions {
  readonly fleet: Fleet
  readonly active: ActiveModel
  /** Name of the model behind configured endpoints; null when none are configured: then active models are served here. */
  readonly external: string | null
  /** Starts a server for a registered model. */
  readonly serve: (model: ModelRecord) => Promise<LocalServer>
}

/**
 * The value model for `annotate`: what configured endpoints serve, or else the active model of the registry, served by
 * this process behind the same HTTP contract.
 */
export function openValueModels(options: ValueModelsOptions): ValueModels & { close(): Promise<void> } {
  const servers = new Map<string, Promise<LocalServer>>()

  const served = (model: ModelRecord): Promise<LocalServer> => {
    const known = servers.get(model.digest)
    if (known) return known
    const starting = options.serve(model).then(server => {
      options.fleet.addEndpoint({ url: server.url, model: model.digest })
      return server
    })
    servers.set(model.digest, starting)
    return starting
  }

  return {
    pin: async (signal): Promise<PinnedValueModel> => {
      if (options.external !== null) return options.fleet.pinned(options.external)
      const model = await options.active.wait(signal)
      if (model.kind !== 'baseline') {
        throw new SteerflowError(
          'STEERFLOW_CONFIG_INVALID',
          `annotate.endpoints: the active model ${model.model} is of kind ${model.kind}, which needs a server of its own`,
        )
      }
      await served(model)
      return options.fleet.pinned(model.digest)
    },
    close: async () => {
      for (const starting of servers.values()) await starting.then(server => server.close()).catch(() => undefined)
    },
  }
}
