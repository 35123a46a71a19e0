import { z } from 'zod'
import { type Batch, type Offset, offset } from '../../../runtime/log.js'
import type { KafkaReport } from './client-log.js'
import type { Ledger, LedgerEntry, Stored } from './ledger.js'
import type { PlacedRecord } from './placement.js'

/** A record of the progress topic; its key identifies the reader. */
const Entry = z.looseObject({
  offset: z.string().regex(/^\d{1,19}$/),
  mark: z.string(),
  topicId: z.string().max(64).optional(),
})

/** Reads the progress topic: its end, including open transactions, and its records from an offset. */
export interface ProgressReader {
  end(): Promise<Offset>
  read(from: Offset): Promise<Batch>
  wait(ms: number): Promise<void>
}

/**
 * The topic `progress`: the last record of each key counts. Brokers forget a group's offsets a while after its last
 * member has left (offsets.retention.minutes, seven days); the read position of a file must never be forgotten, and it
 * must stay known that a group had begun when its offsets are gone.
 */
export class ProgressTopic {
  readonly #entries = new Map<string, Stored>()
  #next = offset(0)
  #reading: Promise<unknown> = Promise.resolve()
  #told = false

  /** @param report receives one warning about foreign records */
  constructor(
    private readonly reader: ProgressReader,
    private readonly brokerTopic: string,
    private readonly report: KafkaReport,
  ) {}

  /**
   * The last entry of a key. Reads to the current end of the topic; it waits for an earlier open transaction of another
   * writer, since later records are not visible before.
   */
  async last(key: string): Promise<Stored | null> {
    const turn = this.#reading.then(() => this.#catchUp())
    this.#reading = turn.catch(() => undefined)
    await turn
    return this.#entries.get(key) ?? null
  }

  record(key: string, stored: Stored): PlacedRecord {
    const value = Buffer.from(JSON.stringify({ ...stored, offset: String(stored.offset) }))
    const bytes = value.byteLength + Buffer.byteLength(key) + 64
    return { topic: this.brokerTopic, partition: 0, key: Buffer.from(key), value, headers: {}, bytes }
  }

  async #catchUp(): Promise<void> {
    const end = await this.reader.end()
    while (this.#next < end) {
      const { records, next } = await this.reader.read(this.#next)
      for (const { key, value, offset } of records) {
        const entry = parse(value)
        if (entry) this.#entries.set(String(key), entry)
        else this.#passOver(offset)
      }
      if (next === this.#next) await this.reader.wait(50)
      this.#next = next
    }
  }

  /** A foreign record means nothing: our last entry stays valid, and no partition stops working. */
  #passOver(at: Offset): void {
    if (this.#told) return
    this.#told = true
    const message = `${this.brokerTopic} contains records that are not progress entries, the first at offset ${at}: they are skipped; find out who writes there`
    this.report('warn', message, { topic: this.brokerTopic, offset: String(at) })
  }
}

/** The entry of a record; null if it is none: a tombstone, or a foreign record. */
function parse(value: Buffer): Stored | null {
  try {
    const entry = Entry.parse(JSON.parse(value.toString('utf8')))
    const { mark, topicId } = entry
    return { offset: offset(entry.offset), mark, ...(topicId !== undefined && { topicId }) }
  } catch {
    return null
  }
}

/** Progress in a source that is no topic, e.g. the lines of a file. */
export class ProgressLedger implements Ledger {
  constructor(
    private readonly progress: ProgressTopic,
    private readonly key: string,
  ) {}

  stored(): Promise<Stored | null> {
    return this.progress.last(this.key)
  }

  entry(to: Stored): LedgerEntry {
    return { records: [this.progress.record(this.key, to)], offset: null }
  }
}
