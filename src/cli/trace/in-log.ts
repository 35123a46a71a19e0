import { partitionOf } from '../../adapters/log/partitioner.js'
import { Conversation } from '../../domain/conversation.js'
import type { Ending, Hop } from '../../domain/lineage/trace.js'
import type { Log, LogRecord, Offset, PartitionState } from '../../runtime/log.js'
import { letters } from '../../runtime/letters.js'
import { readPartition } from '../../runtime/read-all.js'
import { reader } from '../../stages/node.js'
import type { Flow } from '../../flow.js'
import { isoOf } from '../render/time.js'
import { deadLetters, dropped, raw, replayed } from '../../topics.js'
import { conversationIn, type Wanted } from './wanted.js'

/** A source record: a line of a source, or a key if the source has no lines. */
export interface SourceRecord {
  readonly source: string
  readonly line: number
  readonly tree: string
}

/** Searches the topics of a log for records. */
export class LogSearch {
  readonly #committed = new Map<string, ReadonlyMap<number, Offset>>()

  constructor(
    private readonly log: Log,
    private readonly flow: Flow,
  ) {}

  /** Positions of wanted records in the topics of conversations. The partitions of `trees` are searched first. */
  async conversations(
    wanted: Wanted,
    trees: readonly string[],
  ): Promise<readonly { readonly conversation: Conversation; readonly hop: Hop }[]> {
    const own = this.flow.topics.filter(topic => (topic.record as unknown) === Conversation).map(topic => topic.name)
    return this.#firstIn(own, trees, async record => {
      if (!wanted.mayBeIn(record.value)) return null
      const conversation = conversationIn(record.value.toString('utf8'), wanted)
      return conversation && { conversation, hop: await this.#hop(record) }
    })
  }

  /** Positions of source records. */
  async sources(wanted: readonly SourceRecord[]): Promise<readonly Hop[]> {
    const trees = wanted.map(({ tree }) => tree)
    return this.#firstIn([raw.name], trees, async record =>
      wanted.some(one => isOf(record.value, record.key, one)) ? this.#hop(record) : null,
    )
  }

  /** Drops and dead letters of wanted records, and of the source records behind them. */
  async endings(
    wanted: Wanted,
    trees: readonly string[],
    sources: readonly SourceRecord[],
  ): Promise<readonly { readonly id: string | null; readonly ending: Ending }[]> {
    const read = reader(dropped)
    const left = await this.#firstIn([dropped.name], trees, async record => {
      if (!wanted.mayBeIn(record.value)) return null
      const { reason, detail, conversation } = read(record.value)
      if (!conversation || !wanted.matches(conversation)) return null
      const ending: Ending = {
        ...{ kind: 'dropped', node: record.headers.node ?? '', reason, detail },
        ...{ place: placeOf(record), at: isoOf(record.timestamp), replayed: false },
      }
      return { id: conversation.steerflow.id, ending }
    })
    const refused: { id: string | null; ending: Ending }[] = []
    for await (const letter of letters(this.log, { deadLetters: deadLetters.name, replayed: replayed.name })) {
      const { record, origin, node, code, cause, at } = letter
      const held = conversationIn(record.value.toString('utf8'), wanted)
      const ofSource = sources.some(
        one =>
          isOf(record.value, record.key, one) ||
          (origin.topic.startsWith(`source:${one.source}`) && origin.offset === String(one.line - 1)),
      )
      if (!held && !ofSource) continue
      const ending: Ending = {
        ...{ kind: 'dead-letter', node, reason: code, detail: cause },
        ...{ place: placeOf(record), at: isoOf(at), replayed: letter.replayed },
      }
      refused.push({ id: held?.steerflow.id ?? null, ending })
    }
    return [...left, ...refused]
  }

  /** Searches the partitions of the trees; if nothing is found, all partitions, since their number may have grown. */
  async #firstIn<T>(
    names: readonly string[],
    trees: readonly string[],
    find: (record: LogRecord) => Promise<T | null>,
  ): Promise<readonly T[]> {
    const near: PartitionState[] = []
    const far: PartitionState[] = []
    for (const name of names) {
      const states = await this.log.state(name)
      const likely = new Set(trees.map(tree => partitionOf(Buffer.from(tree), states.length)))
      for (const state of states) (likely.has(state.partition) ? near : far).push(state)
    }
    const found = await this.#findIn(near, find)
    return found.length > 0 ? found : this.#findIn(far, find)
  }

  async #findIn<T>(states: readonly PartitionState[], find: (record: LogRecord) => Promise<T | null>): Promise<T[]> {
    const found: T[] = []
    for (const state of states) {
      for await (const record of readPartition(this.log, state)) {
        const one = await find(record)
        if (one !== null) found.push(one)
      }
    }
    return found
  }

  async #hop(record: LogRecord): Promise<Hop> {
    const { topic, partition, offset, timestamp, headers } = record
    const readers = []
    for (const { name, from } of this.flow.nodes) {
      if (from.name !== topic) continue
      const committed = this.#committed.get(name) ?? (await this.log.committed(name, topic))
      this.#committed.set(name, committed)
      readers.push({ node: name, done: offset < (committed.get(partition) ?? 0n) })
    }
    return {
      topic,
      partition,
      offset: String(offset),
      at: isoOf(timestamp),
      node: headers.node ?? 'a producer',
      readers,
    }
  }
}

const placeOf = ({ topic, partition, offset }: LogRecord): string => `${topic}/${partition}@${offset}`

const asRaw = reader(raw)

/**
 * True if the value is the envelope of the source record, or, for sources without lines, if the record has the tree's key.
 */
function isOf(value: Buffer, key: Buffer | null, { source, line, tree }: SourceRecord): boolean {
  if (line === 0) return key?.toString('utf8') === tree && value.includes('"record"')
  if (!value.includes(source)) return false
  try {
    // Our own envelopes have these fields at the start; a record may be long.
    const head = lineIn(value.subarray(0, 2048).toString('utf8'))
    if (head !== null) return head === line
    const envelope = asRaw(value)
    return envelope.source === source && envelope.line === line
  } catch {
    return false
  }
}

/** The line number that our own envelopes contain before the record; null for other values. */
function lineIn(head: string): number | null {
  const own = head.split('{', 2)[1] ?? ''
  const before = own.slice(0, Math.max(0, own.lastIndexOf('"record":')))
  const found = /^"line":\s*(\d+)/.exec(before.slice(Math.max(0, before.lastIndexOf('"line":'))))
  return found && Number(found[1])
}
