import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program of this folder as a process of its own, which says things line by line. */
export interface Child {
  /** The next line that it prints. @throws when it has ended. */
  line(): Promise<string>
  stop(): Promise<void>
}

export function start(file: string, args: readonly string[] = []): Child {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const execArgv = ['--import', 'tsx', '--expose-gc']
  const child = fork(path, args, { execArgv, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    line: async () => {
      const next = await lines.next()
      if (next.done) throw new Error(`${file} ended`)
      return next.value
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await exited
    },
  }
}

/** Runs `work` with the URL of the cheapest server. */
export async function withEcho<T>(work: (url: string) => Promise<T>): Promise<T> {
  const echo = start('./echo-server.ts')
  try {
    return await work(await echo.line())
  } finally {
    await echo.stop()
  }
}
