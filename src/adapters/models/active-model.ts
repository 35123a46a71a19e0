import { setTimeout as sleep } from 'node:timers/promises'
import { registryOf, type ModelRegistry } from '../../domain/model-registry.js'
import type { ModelRecord } from '../../domain/model.js'
import { type Log, offset, type Offset } from '../../runtime/log.js'
import { readRecords } from '../../runtime/read-records.js'
import type { Topic } from '../../stages/topic.js'

type Models = Topic<typeof ModelRecord>

/** The registry according to the topic. Invalid records are skipped, as by the node that decides on models. */
export async function readRegistry(log: Log, topic: Models): Promise<ModelRegistry> {
  const records: ModelRecord[] = []
  for await (const { value } of readRecords(log, topic)) records.push(value)
  return registryOf(records)
}

/** Follows the registry: which model of a role is active. */
export class ActiveModel {
  #read: readonly Offset[] = []
  #registry: ModelRegistry = new Map()
  /** Concurrent callers share one check. */
  #looking: Promise<ModelRegistry> | null = null

  constructor(
    private readonly log: Log,
    private readonly topic: Models,
    private readonly role: ModelRecord['role'],
    private readonly pollMs = 200,
  ) {}

  /** The active model, null if there is none yet. Reads the registry again only when it has grown. */
  async now(): Promise<ModelRecord | null> {
    return (await this.#now()).get(this.role)?.active ?? null
  }

  /** The model of that name, or of that digest; null if the registry does not know it. */
  async named(name: string): Promise<ModelRecord | null> {
    const models = (await this.#now()).get(this.role)?.models
    return models?.get(name) ?? [...(models?.values() ?? [])].findLast(({ digest }) => digest === name) ?? null
  }

  async wait(signal: AbortSignal): Promise<ModelRecord> {
    for (;;) {
      const active = await this.now()
      if (active) return active
      await sleep(this.pollMs, undefined, { signal })
    }
  }

  #now(): Promise<ModelRegistry> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null))
    return this.#looking
  }

  async #look(): Promise<ModelRegistry> {
    const ends = (await this.log.state(this.topic.name)).map(({ end }) => end)
    if (ends.some((end, partition) => end > (this.#read[partition] ?? offset(0)))) {
      this.#registry = await readRegistry(this.log, this.topic)
      this.#read = ends
    }
    return this.#registry
  }
}
