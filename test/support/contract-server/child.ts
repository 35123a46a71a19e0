import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ServerCounters, ServerOptions } from './server.js'

/** A contract server in a process of its own, so that it takes no time from the event loop that is measured. */
export interface ContractProcess {
  readonly url: string
  readonly pid: number
  counters(): Promise<ServerCounters>
  stop(): Promise<void>
  /** Ends it with SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void>
  /** Resolves when it ended though nobody ended it, with how. */
  readonly gone: Promise<string>
}

export async function forkContractServer(options: ServerOptions = {}): Promise<ContractProcess> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = fork(main, [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer]
  const url = chunk.toString().trim()
  let ending = false
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    ending = true
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  return {
    url,
    pid: child.pid!,
    counters: async () => (await (await fetch(`${url}/counters`)).json()) as ServerCounters,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    gone: new Promise(resolve => {
      child.once('exit', (code, signal) => {
        if (!ending) resolve(`ended with ${signal ?? `code ${code}`}`)
      })
    }),
  }
}
