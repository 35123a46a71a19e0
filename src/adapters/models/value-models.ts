import { SteerflowError } from '../../domain/errors.js'
import type { AttributeSet } from '../../domain/attributes.js'
import type { ModelRecord } from '../../domain/model.js'
import { Waits } from '../../runtime/waits.js'
import type { ChosenValueModels, PinnedValueModel, ValueModels } from '../../stages/needs.js'
import type { Fleet } from '../inference/fleet.js'
import type { ActiveModel } from './active-model.js'

export interface PendingModel {
  readonly signal: AbortSignal
  /** Name of the model, for the message. */
  readonly model: string
  /** How long it may be without an endpoint, in milliseconds. */
  readonly absentMs: number
  /** Milliseconds between two checks. */
  readonly pollMs: number
}

/**
 * Runs `work` while a model has an endpoint; after `absentMs` without one it aborts.
 * @throws STEERFLOW_MODEL_ABSENT (transient) in that case, and the errors of `work`.
 */
export async function whilePresent<T>(
  present: () => boolean,
  work: (signal: AbortSignal) => Promise<T>,
  { signal, model, absentMs, pollMs }: PendingModel,
): Promise<T> {
  const gone = new AbortController()
  let since: number | null = null
  const look = setInterval(
    () => {
      if (present()) since = null
      else since ??= performance.now()
      if (since === null || performance.now() - since < absentMs) return
      gone.abort(new SteerflowError('STEERFLOW_MODEL_ABSENT', `no endpoint serves ${model} any more`))
    },
    Math.min(pollMs, absentMs),
  )
  const stop = (): void => gone.abort(signal.reason)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  try {
    return await work(gone.signal)
  } finally {
    clearInterval(look)
    signal.removeEventListener('abort', stop)
  }
}

/** A model server of this process. */
export interface LocalServer {
  readonly url: string
  close(): Promise<void>
}

export interface ValueModelsOptions {
  readonly fleet: Pick<Fleet, 'pinned' | 'models' | 'addEndpoint'>
  readonly active: Pick<ActiveModel, 'now' | 'named'>
  /** Model name for endpoints that declare no model; null if no endpoints are configured. */
  readonly external: string | null
  /**
   * The attribute set of a registered model.
   * @throws STEERFLOW_CONFIG_INVALID if it is not the requested one
   */
  readonly attributeSet: (model: ModelRecord) => AttributeSet
  readonly serve: (model: ModelRecord) => Promise<LocalServer>
  /** How long a model may have no endpoint before its records start again with another, in milliseconds (30,000). */
  readonly absentMs?: number
  /** Milliseconds between two checks of the registry and the fleet while a caller waits (200). */
  readonly pollMs?: number
  /** Receives a note while a caller waits. */
  readonly waits?: Waits
}

/** Name of the condition that `pin` waits for. */
export const activeValueModel = 'an active value model'

export interface OpenedValueModels extends ValueModels, ChosenValueModels {
  /** True if `pin` would not have to wait. */
  ready(): Promise<boolean>
  /** The model of that name or digest, active or not; null if nothing can serve it now. */
  named(name: string): Promise<PinnedValueModel | null>
  /**
   * The model that annotates now: the active model, served or not, or that of endpoints without a declaration, which
   * predicts the fleet's attribute set. Null if there is none.
   */
  current(): Promise<{ readonly digest: string; readonly attributeSet: string | null } | null>
  close(): Promise<void>
}

/**
 * The value model for `annotate`. If endpoints declare their models, or there are none, it is the active model of the
 * registry: at the endpoints that declare its digest or its name, or, for a baseline model that none declares, served
 * by this process behind the same HTTP contract. If endpoints declare nothing, it is the model that they serve.
 *
 * A record uses one model for all its turns. If that model has no endpoint for `absentMs`, the record starts again from
 * its first turn with the model that is active then, so that models are never mixed; if that one has no endpoint
 * either, it waits until one of them has an endpoint again or another is promoted.
 */
export function openValueModels(options: ValueModelsOptions): OpenedValueModels {
  const { fleet, external, absentMs = 30_000, pollMs = 200, waits = new Waits() } = options
  const servers = new Map<string, Promise<LocalServer>>()
  let declares = false

  /** True if the registry decides: from the first declaration of an endpoint on, even after all endpoints have left. */
  const byRegistry = (): boolean => {
    declares ||= fleet.models().some(model => model !== null)
    return external === null || declares
  }

  const served = (model: ModelRecord): Promise<LocalServer> => {
    const known = servers.get(model.digest)
    if (known) return known
    const starting = options.serve(model).then(server => {
      fleet.addEndpoint({ url: server.url, model: model.digest })
      return server
    })
    servers.set(model.digest, starting)
    // A failure is not cached: the next call retries.
    starting.catch(() => servers.delete(model.digest))
    return starting
  }

  /** The fleet's name of a model, as its endpoints declare it; null if none does. */
  const declaredAs = ({ digest, model }: Pick<ModelRecord, 'digest' | 'model'>): string | null => {
    const names = fleet.models()
    return [digest, model].find(name => names.includes(name)) ?? null
  }

  const pinned = (name: string, digest: string, predicts?: AttributeSet): PinnedValueModel => {
    const at = fleet.pinned(name, predicts)
    const present = (): boolean => fleet.models().some(model => model === null || model === name)
    return {
      ...at,
      digest,
      scoreTurn: (turn, signal) =>
        whilePresent(present, inner => at.scoreTurn(turn, inner), { signal, model: name, absentMs, pollMs }),
    }
  }

  /** A registered model with its server; null if nothing serves it now. */
  const serving = async (model: ModelRecord): Promise<PinnedValueModel | null> => {
    const predicts = options.attributeSet(model)
    const name = declaredAs(model)
    if (name !== null) return pinned(name, model.digest, predicts)
    if (model.kind === 'baseline') {
      await served(model)
      return pinned(model.digest, model.digest, predicts)
    }
    if (external === null) {
      throw new SteerflowError(
        'STEERFLOW_CONFIG_INVALID',
        `annotate.endpoints: the model ${model.model} is of kind ${model.kind}, which needs a server of its own`,
      )
    }
    return null
  }

  const activeNow = async (): Promise<PinnedValueModel | null> => {
    const model = await options.active.now()
    return model && serving(model)
  }

  const named = async (name: string): Promise<PinnedValueModel | null> => {
    if (external !== null && !byRegistry()) return name === external ? pinned(external, external) : null
    const model = await options.active.named(name)
    if (model) return serving(model)
    return fleet.models().includes(name) ? pinned(name, name) : null
  }

  return {
    pin: signal =>
      waits.until(
        activeValueModel,
        // Checked as well: endpoints that come later may declare models, and then serve nothing of that name.
        () => (external !== null && !byRegistry() ? pinned(external, external) : activeNow()),
        { signal, pollMs },
      ),
    ready: async () => {
      if (!byRegistry()) return true
      const model = await options.active.now()
      return model !== null && (model.kind === 'baseline' || declaredAs(model) !== null)
    },
    current: async () => {
      if (external !== null && !byRegistry()) return { digest: external, attributeSet: null }
      const model = await options.active.now()
      return model && { digest: model.digest, attributeSet: model.attribute_set }
    },
    named,
    chosen: (name, signal) => waits.until(`a server of the value model ${name}`, () => named(name), { signal, pollMs }),
    close: async () => {
      for (const starting of servers.values()) await starting.then(server => server.close()).catch(() => undefined)
    },
  }
}
