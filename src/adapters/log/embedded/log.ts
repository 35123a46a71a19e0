import { SteerflowError } from '../../../domain/errors.js'
import {
  type Assignee,
  type Batch,
  type Claim,
  type GroupOnTopic,
  type Log,
  type Membership,
  type Offset,
  offset,
  type Output,
  type PartitionState,
  type ReadLimits,
  type TopicSpec,
} from '../../../runtime/log.js'
import { Catalogue, maxValueBytes, LogInternals, readBatch } from './catalogue.js'
import { Changes, Writer, DiskBudget } from './writer.js'
import { EmbeddedClaim, takeOver } from './claim.js'
import { EmbeddedMembership } from './membership.js'
import { retain } from './retention.js'
import { checkName, State } from './state.js'
import { Store } from './store.js'
import { verify } from './verify.js'

let users = 0

const stop = (): void => void process.kill(process.pid, 'SIGSTOP')

/**
 * A process stopped within a transaction keeps its write lock, and every other process waits until it continues. Ctrl-Z
 * (SIGTSTP) is therefore handled between two turns of the event loop, when no transaction is open. Returns a function
 * that undoes this. SIGSTOP itself cannot be caught.
 */
export function suspendBetweenTransactions(): () => void {
  if (users++ === 0) process.on('SIGTSTP', stop)
  return () => {
    if (--users === 0) process.off('SIGTSTP', stop)
  }
}

export interface EmbeddedLogOptions {
  /** Folder of the log, on a local disk; created if missing. */
  readonly dir: string
  /** Disk budget for records in bytes; without it the disk is the limit. */
  readonly maxBytes?: number
  /** Maximum wait of a writer for room in the budget, in milliseconds. */
  readonly fullWaitMs?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/**
 * Opens the log that needs no server: durable, on one machine, shared by any number of processes.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_LOG_CORRUPT, STEERFLOW_LOG_DAMAGED
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<Log> {
  const store = await Store.open(options.dir)
  const state = new State(store.table('state'))
  state.initialise(store)
  const catalogue = new Catalogue(store, state, options.now ?? Date.now)
  const changes = new Changes()
  const refresh = (): void => {
    store.refresh()
    catalogue.refresh()
  }
  const writer = new Writer(store, refresh, () => changes.announce())
  const budget = { maxBytes: options.maxBytes ?? null, waitMs: options.fullWaitMs ?? 30_000 }
  const room = new DiskBudget(writer, state, changes, budget, refresh)
  refresh()
  return new EmbeddedLog(new LogInternals(store, state, catalogue, changes, writer, room, refresh))
}

class EmbeddedLog implements Log {
  readonly features = { name: 'embedded', sharesPartitions: false, compactsBehindGroups: true, pollMs: 50 }
  readonly maxValueBytes = maxValueBytes
  readonly lingerMs = 0
  readonly #members = new Set<EmbeddedMembership>()
  readonly #suspendAnywhere = suspendBetweenTransactions()
  #closed = false

  constructor(private readonly parts: LogInternals) {}

  async ensure(topics: readonly TopicSpec[]): Promise<void> {
    const { catalogue, writer } = this.parts
    await writer.write(0, begin => {
      begin()
      catalogue.ensure(topics)
    })
    this.parts.refresh()
  }

  async topics(): Promise<readonly TopicSpec[]> {
    this.parts.refresh()
    return this.parts.catalogue.specs()
  }

  async join(group: string, topic: string, assignee: Assignee): Promise<Membership> {
    checkName(group)
    this.parts.refresh()
    const member = await new EmbeddedMembership(this.parts, group, topic, assignee).begin()
    this.#members.add(member)
    return {
      leave: async () => {
        this.#members.delete(member)
        await member.leave()
      },
    }
  }

  async claim(group: string, topic: string, partition: number): Promise<Claim> {
    checkName(group)
    checkName(topic)
    this.parts.refresh()
    if (this.parts.catalogue.has(topic)) this.parts.catalogue.table(topic, partition)
    const [owned] = await this.parts.writer.write(0, begin => {
      begin()
      return takeOver(this.parts, group, topic, [partition])
    })
    if (!owned) throw new SteerflowError('STEERFLOW_BUG', `no claim of ${topic}/${partition}`)
    return new EmbeddedClaim(this.parts, group, topic, partition, owned)
  }

  async publish(outputs: readonly Output[]): Promise<void> {
    if (outputs.length === 0) return
    const placed = this.parts.place(outputs)
    const bytes = placed.reduce((sum, record) => sum + record.bytes, 0)
    await this.parts.room.write('source', bytes, begin => {
      begin()
      this.parts.catalogue.append(placed)
    })
  }

  async read(topic: string, partition: number, from: Offset, limits: ReadLimits): Promise<Batch> {
    this.parts.refresh()
    const { start } = this.parts.state.extent(topic, partition)
    return readBatch(this.parts, topic, partition, from < start ? start : from, limits)
  }

  async state(topic: string): Promise<readonly PartitionState[]> {
    this.parts.refresh()
    const { tables } = this.parts.catalogue.topic(topic)
    return tables.map((_, partition) => ({ topic, partition, ...this.parts.state.extent(topic, partition) }))
  }

  async committed(group: string, topic: string): Promise<ReadonlyMap<number, Offset>> {
    this.parts.refresh()
    const owned = [...this.parts.state.owned(group, topic)]
    return new Map(owned.filter(([, { committed }]) => committed).map(([at, row]) => [at, offset(row.offset)]))
  }

  async groups(): Promise<readonly GroupOnTopic[]> {
    this.parts.refresh()
    return this.parts.state.groups()
  }

  async retain(now: number): Promise<void> {
    this.parts.refresh()
    await retain(this.parts, now)
  }

  usage() {
    this.parts.refresh()
    return { usedBytes: Number(this.parts.state.used), maxBytes: this.parts.room.maxBytes }
  }

  verify(seen: (records: number) => void) {
    return verify(this.parts, seen)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const member of this.#members) await member.leave()
    await this.parts.writer.drained()
    await this.parts.store.close()
    this.#suspendAnywhere()
  }
}
