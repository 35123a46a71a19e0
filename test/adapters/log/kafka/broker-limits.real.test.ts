import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setInterval as ticks } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { connectKafka } from '../../../../src/adapters/log/kafka/connection.js'
import { KafkaSettings } from '../../../../src/adapters/log/kafka/settings.js'
import { explain } from '../../../../src/domain/errors.js'

/** The beginning of an answer to that request which says that it is so long. */
const beginning = (bytes: number, request: Buffer): Buffer => {
  const head = Buffer.alloc(8)
  head.writeInt32BE(bytes, 0)
  request.copy(head, 4, 8, 12)
  return head
}

function* endless() {
  for (;;) yield Buffer.alloc(1 << 16)
}

it.each<[string, RegExp, (socket: Socket, request: Buffer) => unknown]>([
  ['never answers', /timed out/i, () => undefined],
  [
    'sends a byte at a time',
    /timed out/i,
    async (socket, request) => {
      socket.write(beginning(1000, request))
      for await (const _ of ticks(20)) if (socket.destroyed || !socket.write('x')) return
    },
  ],
  [
    'sends without end',
    /a response of 2147483647 bytes exceeds the limit of 268435456/,
    (socket, request) => {
      socket.write(beginning(2 ** 31 - 1, request))
      Readable.from(endless()).pipe(socket)
    },
  ],
])('a broker that %s is given up, and named', async (_, says, answer) => {
  let longest = 0
  const closed: Promise<unknown>[] = []
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    closed.push(
      new Promise<void>(resolve =>
        socket.once('close', () => {
          longest = Math.max(longest, socket.bytesWritten)
          resolve()
        }),
      ),
    )
    socket.once('data', request => void answer(socket, request))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const settings = KafkaSettings.parse({ brokers: [address], requestTimeoutMs: 300 })
  const error: unknown = await connectKafka(settings, () => undefined).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'STEERFLOW_KAFKA_UNREACHABLE' })
  expect(explain(error)).toMatch(says)
  expect(explain(error)).toContain(address)
  await Promise.all(closed)
  expect(longest).toBeLessThan(16 << 20)
})
