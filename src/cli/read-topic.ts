import type { z } from 'zod'
import type { Log, LogRecord } from '../runtime/log.js'
import { readWhole } from '../runtime/read-all.js'
import { readRecords } from '../runtime/read-records.js'
import type { Topic } from '../stages/topic.js'

/** All valid records of a small control topic. The others become dead letters of the node that reads the topic. */
export const readTopic = <R extends z.ZodObject>(log: Log, topic: Topic<R>): Promise<readonly z.output<R>[]> =>
  gather(log, topic)

/** Like `readTopic`, guaranteed to include everything committed so far. @throws STEERFLOW_KAFKA_BUSY */
export const readWholeTopic = <R extends z.ZodObject>(log: Log, topic: Topic<R>): Promise<readonly z.output<R>[]> =>
  gather(log, topic, readWhole(log, topic.name))

async function gather<R extends z.ZodObject>(
  log: Log,
  topic: Topic<R>,
  from?: AsyncIterable<LogRecord>,
): Promise<readonly z.output<R>[]> {
  const records: z.output<R>[] = []
  for await (const { value } of readRecords(log, topic, undefined, from)) records.push(value)
  return records
}
