import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * An inference server that costs nothing but time: `POST /call` with an id is answered after 20 ms to 2 s, log-uniform,
 * the same for the same id. It counts its calls, by which those that were made again are known.
 */
const latency = { least: 20, most: 2000 }
let hurried = false
/** The share of the answers that is malformed. */
let garbled = 0

const calls = new Map<string, number>()

function latencyOf(id: string): number {
  return latency.least * (latency.most / latency.least) ** shareOf(id)
}

/** A number from 0 to 1 that a text always has. */
function shareOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32
}

async function answer(id: string, response: ServerResponse): Promise<void> {
  const call = (calls.get(id) ?? 0) + 1
  calls.set(id, call)
  if (shareOf(`${id} ${call}`) < garbled) {
    await sleep(latency.least)
    response.statusCode = 422
    return void response.end('quality:high')
  }
  await sleep(hurried ? latency.least : latencyOf(id))
  response.end(id)
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  let id = ''
  request.on('data', (chunk: Buffer) => (id += chunk.toString()))
  request.on('end', () => void answer(id, response))
})
server.listen(0, '127.0.0.1', () => {
  process.send!({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
process.on('message', (asked: 'counts' | 'hurry' | { readonly garbled: number }) => {
  if (typeof asked === 'object') {
    garbled = asked.garbled
    return
  }
  if (asked === 'hurry') {
    hurried = true
    return
  }
  const all = [...calls.values()].reduce((sum, count) => sum + count, 0)
  process.send!({ calls: all, distinct: calls.size })
})
process.once('disconnect', () => process.exit(0))
