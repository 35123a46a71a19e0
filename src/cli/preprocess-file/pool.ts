import { Worker } from 'node:worker_threads'
import { compiledUrl } from '../../adapters/compiled-url.js'
import type { TaskResult, Task, WorkerSettings } from './task.js'

/** Worker threads that convert tasks; each thread keeps the order of its tasks. */
export interface WorkerPool {
  run(task: Task): Promise<TaskResult>
  close(): Promise<void>
}

interface Member {
  readonly worker: Worker
  /** Its tasks, oldest first. */
  readonly waiting: PendingTask[]
}

interface PendingTask {
  readonly resolve: (outcome: TaskResult) => void
  readonly reject: (error: Error) => void
}

export function openPool(workers: number, settings: WorkerSettings): WorkerPool {
  const members = Array.from({ length: workers }, (): Member => {
    const worker = new Worker(compiledUrl(import.meta.url, './worker.js'), {
      workerData: settings,
      // Compiled code needs no flags of the parent process.
      execArgv: [],
      // Parsed trees are short-lived: a young generation that holds a task's worth of them saves a tenth of the total time.
      resourceLimits: { maxYoungGenerationSizeMb: 64 },
    })
    const member: Member = { worker, waiting: [] }
    worker.on('message', (outcome: TaskResult) => member.waiting.shift()?.resolve(outcome))
    worker.on('error', (error: Error) => {
      for (const { reject } of member.waiting.splice(0)) reject(error)
    })
    return member
  })
  return {
    run: task =>
      new Promise((resolve, reject) => {
        const least = members.reduce((best, member) => (member.waiting.length < best.waiting.length ? member : best))
        least.waiting.push({ resolve, reject })
        least.worker.postMessage(task, [task.lines.buffer, task.offsets.buffer, task.lengths.buffer])
      }),
    close: async () => {
      await Promise.all(members.map(({ worker }) => worker.terminate()))
    },
  }
}
