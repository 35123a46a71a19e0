import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server saw since the last look. */
export interface Served {
  readonly calls: number
  /** Milliseconds that a call took at the server, on the average. */
  readonly serviceMs: number
  /** Calls a second between the first and the last. */
  readonly perSecond: number
}

/** A server that takes a fixed time for every call, however many there are, and keeps its own count. */
export async function slowServer(callMs: number) {
  let ends: number[] = []
  let busy = 0
  const server = createServer((request, response) => {
    const started = performance.now()
    request.resume()
    setTimeout(() => {
      response.end('{}')
      const ended = performance.now()
      ends.push(ended)
      busy += ended - started
    }, callMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** Takes the counts of the middle of what was served: without the beginning, where processes join, and the end. */
    take(): Served {
      const [from, to] = [Math.floor(ends.length * 0.3), Math.floor(ends.length * 0.9)]
      const seconds = (ends[to - 1]! - ends[from]!) / 1000
      const served = { calls: ends.length, serviceMs: busy / ends.length, perSecond: (to - from - 1) / seconds }
      ends = []
      busy = 0
      return served
    },
    close: () => server.close(),
  }
}
