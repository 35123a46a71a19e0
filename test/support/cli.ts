import { spawn } from 'node:child_process'

/** How a command of the compiled program ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

interface Where {
  readonly cwd?: string
  readonly env?: Record<string, string>
}

/** Starts a script in a process of its own. */
export function startNode(args: readonly string[], options: Where = {}) {
  const child = spawn(process.execPath, [...args], {
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>(resolve =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  )
  /** Resolves once all that was printed so far fulfils something. @throws an Error where the process ends before */
  const printed = (fulfils: (output: string) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => void (fulfils(stdout + stderr) && resolve())
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look)
      void ended.then(() => reject(new Error(`it ended before: ${stdout}${stderr}`)))
      look()
    })
  return { child, ended, printed }
}

/** Starts the compiled program in a process of its own. */
export const startCli = (args: readonly string[], options?: Where) =>
  startNode([`${process.cwd()}/dist/cli/main.js`, ...args], options)

/** Runs a command of the compiled program to its end. */
export const runCli = (args: readonly string[], options?: Where): Promise<Ended> => startCli(args, options).ended
