import { type z } from 'zod'
import { type Log } from '../runtime/log.js'
import { readAll } from '../runtime/read-all.js'
import { reader } from '../stages/bind.js'
import { type Topic } from '../stages/topic.js'

/** All records of a topic: for small control topics. @throws STEERFLOW_RECORD_INVALID */
export async function readTopic<R extends z.ZodObject>(log: Log, topic: Topic<R>): Promise<readonly z.output<R>[]> {
  const read = reader(topic)
  const records: z.output<R>[] = []
  for await (const { value } of readAll(log, topic.name)) records.push(read(value))
  return records
}
