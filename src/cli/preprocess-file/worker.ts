import { openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { ByteSink } from '../../domain/byte-sink.js'
import { asSteerflowError, explain } from '../../domain/errors.js'
import { recipes } from '../../domain/oasst/recipe.js'
import { treeConverter } from './convert.js'
import type { TaskResult, Reject, Task, WorkerSettings } from './task.js'

/** A thread that reads lines by position, converts them, and transfers their output without copying. */

const settings = workerData as WorkerSettings
const file = openSync(settings.path, 'r')
const convert = treeConverter(
  { recipe: recipes[settings.recipe], mask: settings.mask, type: settings.type },
  settings.bounds,
)

parentPort!.on('message', (task: Task) => {
  const outcome = run(task)
  parentPort!.postMessage(outcome, [outcome.bytes.buffer])
})

function run({ lines, offsets, lengths }: Task): TaskResult {
  const out = new ByteSink(2 ** 21)
  const rejects: Reject[] = []
  const langs = new Set<string>()
  let records = 0
  for (const [at, line] of lines.entries()) {
    try {
      const converted = convert(readAt(offsets[at]!, lengths[at]!), out)
      records += converted.records
      for (const lang of converted.langs) langs.add(lang)
    } catch (thrown) {
      const error = asSteerflowError(thrown)
      if (error.kind !== 'permanent') throw error
      rejects.push({ line: line + 1, code: error.code, reason: explain(error) })
    }
  }
  return { bytes: out.content(), records, rejects, langs: [...langs] }
}

/** Buffer for one line at a time; the decoded text is a copy. */
let room = Buffer.alloc(2 ** 16)

function readAt(offset: number, length: number): Buffer {
  if (room.length < length) room = Buffer.alloc(length * 2)
  let done = 0
  while (done < length) {
    const count = readSync(file, room, done, length - done, offset + done)
    if (count === 0) throw new Error(`${settings.path} became shorter while it was read`)
    done += count
  }
  return room.subarray(0, length)
}
