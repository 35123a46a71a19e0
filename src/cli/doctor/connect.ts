import { connect } from 'node:net'

const waitMs = 3000

/** Opens a TCP connection to where a URL points and closes it; resolves with why that failed, null when it did not. */
export function connectProblem(url: string): Promise<string | null> {
  const { hostname, port, protocol } = new URL(url)
  const number = Number(port) || (protocol === 'https:' ? 443 : 80)
  return new Promise(resolve => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: number })
    const end = (problem: string | null): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(problem)
    }
    const timer = setTimeout(() => end(`no answer in ${waitMs / 1000} s`), waitMs)
    socket.once('connect', () => end(null))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
}
