import { Worker } from 'node:worker_threads'
import { compiledUrl } from '../../adapters/compiled-url.js'
import type { TaskResult, Task, WorkerSettings } from './task.js'

/** Worker threads that convert tasks; each takes them in the order in which it was given them. */
export interface WorkerPool {
  run(task: Task): Promise<TaskResult>
  close(): Promise<void>
}

interface Member {
  readonly worker: Worker
  /** Tasks that it was given, the oldest first. */
  readonly waiting: PendingTask[]
}

interface PendingTask {
  readonly resolve: (outcome: TaskResult) => void
  readonly reject: (error: Error) => void
}

/** Starts the threads. */
export function openPool(workers: number, settings: WorkerSettings): WorkerPool {
  const members = Array.from({ length: workers }, (): Member => {
    const worker = new Worker(compiledUrl(import.meta.url, './worker.js'), {
      workerData: settings,
      // The compiled code needs none of the flags that the process may have been started with.
      execArgv: [],
      // Parsed trees die young: with room for a task's worth of them, collecting costs a tenth less of the whole.
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
