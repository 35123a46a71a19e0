import type { Policy } from '../../domain/bootstrap/round.js'
import { SteerflowError } from '../../domain/errors.js'
import { Waits } from '../../runtime/waits.js'
import type { Policies } from '../../stages/needs.js'
import type { AnsweringFleet } from '../inference/answering-fleet.js'
import type { EndpointStats } from '../inference/pool/stats.js'
import type { OutageNow } from '../inference/pool/outage.js'
import type { ActiveModel } from '../models/active-model.js'

/** A fleet that follows the endpoints of a configuration. */
export interface OpenedFleet {
  readonly fleet: Pick<AnsweringFleet, 'answer' | 'models' | 'requests' | 'stats' | 'outage'>
  close(): Promise<void>
}

export interface PoliciesOptions {
  /** Opens the fleet; null if no endpoint is configured. */
  readonly open: (() => Promise<OpenedFleet>) | null
  /** The SteerLM models of the registry. */
  readonly active: Pick<ActiveModel, 'now' | 'named'>
  /** Milliseconds between two checks of the endpoints while a model has none (200). */
  readonly pollMs?: number
  /** Receives a note while a caller waits. */
  readonly waits?: Waits
}

export interface OpenedPolicies extends Policies {
  /** The policy of a round that names no model: the active model, else the only one that endpoints declare. */
  current(): Promise<Policy>
  /** Number of requests to keep in flight, so that every server finds its next prompts waiting here. */
  requests(): number
  stats(): readonly EndpointStats[]
  /** The current outage of the servers; null if there is none. */
  outage(): OutageNow | null
  close(): Promise<void>
}

/** The policy of endpoints that declare no model. */
const external: Policy = { model: 'external', digest: 'external' }

/**
 * The SteerLM models that rounds sample. The fleet is opened at the first request, so that a run without rounds
 * connects nowhere. An outage ends no request: callers wait while no server of a model answers, or no endpoint declares
 * it.
 */
export function openPolicies({ open, active, pollMs = 200, waits = new Waits() }: PoliciesOptions): OpenedPolicies {
  let opening: Promise<OpenedFleet> | null = null
  let opened: OpenedFleet | null = null

  const fleet = async (): Promise<OpenedFleet['fleet']> => {
    if (!open) {
      const message = 'sample.endpoints: bootstrap rounds need servers of a SteerLM model, and none is set'
      throw new SteerflowError('STEERFLOW_CONFIG_INVALID', message)
    }
    opening ??= open()
    try {
      opened = await opening
    } catch (error) {
      opening = null
      throw error
    }
    return opened.fleet
  }

  /** The endpoints' name of a model: its digest, or its registered name. Waits for an endpoint that serves it. */
  const declaredAs = (digest: string, models: () => readonly (string | null)[], signal: AbortSignal) => {
    const look = async (): Promise<string | null> => {
      const names = models()
      if (names.includes(digest)) return digest
      const registered = await active.named(digest)
      if (registered && names.includes(registered.model)) return registered.model
      return names.includes(null) ? digest : null
    }
    return waits.until(`a server of the SteerLM model ${digest}`, look, { signal, pollMs })
  }

  return {
    answer: async (model, request, drawing, signal) => {
      const servers = await fleet()
      return servers.answer(await declaredAs(model, () => servers.models(), signal), request, drawing, signal)
    },
    current: async () => {
      const registered = await active.now()
      if (registered) return { model: registered.model, digest: registered.digest }
      const declared = open ? new Set((await fleet()).models()) : new Set<null>()
      const [only] = declared
      return declared.size === 1 && only != null ? { model: only, digest: only } : external
    },
    requests: () => opened?.fleet.requests() ?? 64,
    stats: () => opened?.fleet.stats() ?? [],
    outage: () => opened?.fleet.outage() ?? null,
    close: async () => {
      await (await opening?.catch(() => null))?.close()
    },
  }
}
