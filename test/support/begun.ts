import { openLog } from '../../src/adapters/log/open.js'
import { topicSpecs } from '../../src/topics.js'
import { temporaryFolder } from './temporary.js'

/** A data folder with the embedded log in it, and not one record; removed when the running test has ended. */
export async function begunFolder(): Promise<string> {
  const root = await temporaryFolder()
  const log = await openLog(root)
  await log.ensure(topicSpecs)
  await log.close()
  return root
}
