import { type z } from 'zod'
import { type Log, type LogRecord } from '../runtime/log.js'
import { readAll, readWhole } from '../runtime/read-all.js'
import { reader } from '../stages/bind.js'
import { type Topic } from '../stages/topic.js'

/** All records of a topic: for small control topics. @throws STEERFLOW_RECORD_INVALID */
export const readTopic = <R extends z.ZodObject>(log: Log, topic: Topic<R>): Promise<readonly z.output<R>[]> =>
  gather(readAll(log, topic.name), topic)

/** The same, certain to miss nothing that is committed by now. @throws STEERFLOW_RECORD_INVALID, STEERFLOW_KAFKA_BUSY */
export const readWholeTopic = <R extends z.ZodObject>(log: Log, topic: Topic<R>): Promise<readonly z.output<R>[]> =>
  gather(readWhole(log, topic.name), topic)

async function gather<R extends z.ZodObject>(
  from: AsyncIterable<LogRecord>,
  topic: Topic<R>,
): Promise<readonly z.output<R>[]> {
  const read = reader(topic)
  const records: z.output<R>[] = []
  for await (const { value } of from) records.push(read(value))
  return records
}
