import { z } from 'zod'
import { SteerflowError } from '../../../domain/errors.js'
import { type Batch, type Offset, offset } from '../../../runtime/log.js'
import { type Ledger, type LedgerEntry, type Stored } from './ledger.js'
import { type Placed } from './placement.js'

/** A record of the progress topic, under a key that names whose progress it is. */
const Entry = z.looseObject({ offset: z.string().regex(/^\d+$/), mark: z.string() })

/** Reads the progress topic: its end, dangling transactions included, and its records from an offset. */
export interface ProgressReader {
  end(): Promise<Offset>
  read(from: Offset): Promise<Batch>
  wait(ms: number): Promise<void>
}

/**
 * The topic `progress`: the last record of each key counts. Brokers forget a group's offsets a while after its last
 * member has left (offsets.retention.minutes, seven days); how far a file was taken in must never be forgotten, and that
 * a group had begun must be known when its offsets are gone.
 */
export class Progress {
  readonly #entries = new Map<string, Stored>()
  #next = offset(0)
  #reading: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly reader: ProgressReader,
    private readonly brokerTopic: string,
  ) {}

  /**
   * The last entry of a key. Reads on to the end that the topic has now: a transaction of somebody else that is still
   * open before it is waited for, since what lies behind it could not be seen.
   */
  async last(key: string): Promise<Stored | null> {
    const turn = this.#reading.then(() => this.#catchUp())
    this.#reading = turn.catch(() => undefined)
    await turn
    return this.#entries.get(key) ?? null
  }

  /** The record that stores an entry. */
  record(key: string, stored: Stored): Placed {
    const value = Buffer.from(JSON.stringify({ offset: String(stored.offset), mark: stored.mark }))
    const bytes = value.byteLength + Buffer.byteLength(key) + 64
    return { topic: this.brokerTopic, partition: 0, key: Buffer.from(key), value, headers: {}, bytes }
  }

  async #catchUp(): Promise<void> {
    const end = await this.reader.end()
    while (this.#next < end) {
      const { records, next } = await this.reader.read(this.#next)
      for (const { key, value } of records) this.#entries.set(String(key), parse(value))
      if (next === this.#next) await this.reader.wait(50)
      this.#next = next
    }
  }
}

function parse(value: Buffer): Stored {
  try {
    const entry = Entry.parse(JSON.parse(value.toString('utf8')))
    return { offset: offset(entry.offset), mark: entry.mark }
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_LOG_CORRUPT', 'a record of the progress topic cannot be read', { cause })
  }
}

/** Progress in something that is no topic, such as the lines of a file. */
export class ProgressLedger implements Ledger {
  constructor(
    private readonly progress: Progress,
    private readonly key: string,
  ) {}

  stored(): Promise<Stored | null> {
    return this.progress.last(this.key)
  }

  entry(to: Stored): LedgerEntry {
    return { records: [this.progress.record(this.key, to)], offset: null }
  }
}
