import { setTimeout as sleep } from 'node:timers/promises'
import { type ModelRecord } from '../../domain/model.js'
import { type Log, offset } from '../../runtime/log.js'
import { readAll } from '../../runtime/read-all.js'
import { reader } from '../../stages/bind.js'
import { type Topic } from '../../stages/topic.js'

/** The models of the registry by digest, in the state of their latest record. */
export async function registeredModels(
  log: Log,
  topic: Topic<typeof ModelRecord>,
): Promise<ReadonlyMap<string, ModelRecord>> {
  const read = reader(topic)
  const found = new Map<string, ModelRecord>()
  for await (const record of readAll(log, topic.name)) {
    const model = read(record.value)
    found.set(model.digest, model)
  }
  return found
}

/** Follows the registry: which model of a role is active. */
export class ActiveModel {
  #read = offset(0)
  #active: ModelRecord | null = null

  constructor(
    private readonly log: Log,
    private readonly topic: Topic<typeof ModelRecord>,
    private readonly role: ModelRecord['role'],
    private readonly pollMs = 200,
  ) {}

  /** The active model, null when there is none yet. Reads the registry again only when it has grown. */
  async now(): Promise<ModelRecord | null> {
    const [state] = await this.log.state(this.topic.name)
    if (state && state.end > this.#read) {
      const models = await registeredModels(this.log, this.topic)
      this.#active =
        [...models.values()].findLast(model => model.role === this.role && model.state === 'active') ?? null
      this.#read = state.end
    }
    return this.#active
  }

  /** The active model, waited for. */
  async wait(signal: AbortSignal): Promise<ModelRecord> {
    for (;;) {
      const active = await this.now()
      if (active) return active
      await sleep(this.pollMs, undefined, { signal })
    }
  }
}
