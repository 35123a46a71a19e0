import { createServer } from 'node:net'

/**
 * Below the ports that systems give to outgoing connections: a broker that is down must find its port free again,
 * and a client that tries to reach it must not be connected with itself.
 */
const LOWEST = 15_000
const HIGHEST = 32_000

const taken = new Set<number>()

/** Ports of the loopback address on which nothing listens. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (taken.has(port) || !(await isFree(port))) continue
    taken.add(port)
    ports.push(port)
  }
  return ports
}

const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)))
  })
