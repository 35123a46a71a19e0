import type { z } from 'zod'
import { asSteerflowError, type SteerflowError } from '../domain/errors.js'
import { reader } from '../stages/node.js'
import type { Topic } from '../stages/topic.js'
import type { Log, LogRecord } from './log.js'
import { readAll } from './read-all.js'

/** A decoded record of a topic. */
export interface ReadRecord<R extends z.ZodObject> {
  readonly value: z.output<R>
  /** When it was recorded, in milliseconds since 1970. */
  readonly timestamp: number
}

/** A record that does not fit its topic. */
export interface Unreadable {
  readonly record: LogRecord
  readonly error: SteerflowError
}

/**
 * The records of a small control topic. Records that do not fit are skipped, as by the node that reads the topic, which
 * makes dead letters of them: one forged or torn record must not stop a mere reader.
 * @param unreadable called with those records
 */
export async function* readRecords<R extends z.ZodObject>(
  log: Log,
  topic: Topic<R>,
  unreadable: (found: Unreadable) => void = () => undefined,
  from: AsyncIterable<LogRecord> = readAll(log, topic.name),
): AsyncGenerator<ReadRecord<R>> {
  const read = reader(topic)
  for await (const record of from) {
    let value: z.output<R>
    try {
      if (record.fault) throw record.fault
      value = read(record.value)
    } catch (thrown) {
      unreadable({ record, error: asSteerflowError(thrown) })
      continue
    }
    yield { value, timestamp: record.timestamp }
  }
}
