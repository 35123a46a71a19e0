import { parentPort, workerData } from 'node:worker_threads'
import { asSteerflowError, explain, SteerflowError } from '../../domain/errors.js'
import type { MaskInput } from '../../domain/mask/input.js'
import { answerer } from './answerer.js'
import { type ThreadReply, type ThreadRequest, type ThreadAnswer, type ThreadOptions, ThreadCode } from './messages.js'

const say = (reply: ThreadReply) => parentPort?.postMessage(reply)

const fail = (thrown: unknown) => {
  const error = asSteerflowError(thrown)
  const code = ThreadCode.safeParse(error.code).data ?? 'STEERFLOW_BUG'
  say({ code, message: explain(error) })
}

try {
  const { spelt, answer } = await answerer(workerData as ThreadOptions)

  /** The result for one conversation. A violated rule is a result, too; other errors are thrown. */
  const result = async (input: MaskInput): Promise<ThreadAnswer | string> => {
    try {
      return await answer(input)
    } catch (thrown) {
      if (thrown instanceof SteerflowError && thrown.code === 'STEERFLOW_UNMASKABLE') return thrown.message
      throw thrown
    }
  }

  // Results are sent in the order of the requests.
  let last = Promise.resolve()
  const reply = async (request: ThreadRequest) => {
    try {
      const results: (ThreadAnswer | string)[] = []
      for (const input of request) results.push(await result(input))
      say({ results })
    } catch (thrown) {
      fail(thrown)
    }
  }
  parentPort?.on('message', (request: ThreadRequest) => {
    last = last.then(() => reply(request))
  })
  say({ ready: spelt })
} catch (thrown) {
  fail(thrown)
}
