import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const Hello = z.union([z.strictObject({ pid: z.int() }), z.strictObject({ error: z.string() })])

/** A process that ends with ours, also when ours is killed. */
export interface Supervised {
  readonly pid: number
  /** Sends a signal to the process itself. Does nothing when it has ended. */
  signal(name: NodeJS.Signals): void
  readonly running: boolean
  /** Fulfilled when it has ended. */
  readonly ended: Promise<void>
}

export interface SupervisedCommand {
  readonly command: string
  readonly args: readonly string[]
  /** The file that its output is appended to. */
  readonly log: string
  /** The folder that is removed when our process ended before it. */
  readonly remove: string
}

/** Starts a command below a supervisor. Throws an Error when it cannot be started. */
export async function startSupervised(command: SupervisedCommand): Promise<Supervised> {
  const supervisor = fileURLToPath(new URL('./supervisor.mjs', import.meta.url))
  // A group of its own: Ctrl-C in a terminal reaches our process, which then ends this one in order.
  const child: ChildProcess = fork(supervisor, [JSON.stringify(command)], { detached: true, execArgv: [] })
  let running = true
  const ended = once(child, 'exit').then(() => {
    running = false
  })
  const [message] = (await once(child, 'message')) as [unknown]
  const hello = Hello.parse(message)
  if ('error' in hello) throw new Error(`${command.command}: ${hello.error}`)
  return {
    pid: hello.pid,
    get running() {
      return running
    },
    ended,
    signal: name => {
      if (running) process.kill(hello.pid, name)
    },
  }
}
