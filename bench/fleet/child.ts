import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { present, unlessGone } from './present.js'

/** A program of this folder as a process of its own, which says things line by line. */
export interface Child {
  /** The next line that it prints. @throws when it has ended. */
  line(): Promise<string>
  /** Resolves when it ended by itself, with how; never when it was stopped. */
  readonly gone: Promise<string>
  stop(): Promise<void>
}

export function start(file: string, args: readonly string[] = []): Child {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const execArgv = ['--import', 'tsx', '--expose-gc']
  const child = fork(path, args, { execArgv, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  let stopped = false
  return {
    line: async () => {
      const next = await lines.next()
      if (next.done) throw new Error(`${file} ended`)
      return next.value
    },
    gone: new Promise(resolve => {
      void exited.then(([code, signal]) => {
        if (!stopped) resolve(`ended with ${signal ?? `code ${code}`}`)
      })
    }),
    stop: async () => {
      stopped = true
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await exited
    },
  }
}

/**
 * Runs `work` with the URL of the cheapest server, and a way to start programs that are stopped with it.
 * @throws an Error that names the server when it ends before the work does.
 */
export async function withEcho<T>(work: (url: string, begin: typeof start) => Promise<T>): Promise<T> {
  const echo = start('./echo-server.ts')
  const begun: Child[] = []
  const begin = (file: string, args: readonly string[] = []): Child => {
    const child = start(file, args)
    begun.push(child)
    return child
  }
  try {
    const url = await echo.line()
    const server = { name: 'echo-server.ts', url, gone: echo.gone }
    const leave = present(server)
    try {
      return await unlessGone(work(url, begin), [server])
    } finally {
      leave()
    }
  } finally {
    await Promise.all([echo, ...begun].map(child => child.stop()))
  }
}
