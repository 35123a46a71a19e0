import type { z } from 'zod'
import type { Log, LogRecord } from '../runtime/log.js'
import { readWhole } from '../runtime/read-all.js'
import { readRecords } from '../runtime/read-records.js'
import type { Topic } from '../stages/topic.js'

/** All records of a topic that fit it: for small control topics. The rest are dead letters of the node that reads it. */
export const readTopic = <R extends z.ZodObject>(log: Log, topic: Topic<R>): Promise<readonly z.output<R>[]> =>
  gather(log, topic)

/** The same, certain to miss nothing that is committed by now. @throws STEERFLOW_KAFKA_BUSY */
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
