import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { BeyondBounds } from '../../foreign-answer.js'

const keepAliveMs = 60_000

/**
 * Maximum size of a response in bytes: eight times the size of a fetch, since a broker returns a batch whole, however
 * large. A broker sends the length first, and kafkajs accepts any.
 */
const longestAnswer = 256 << 20

/**
 * The sockets of one client. kafkajs forgets a connection that is established while it disconnects, and an open socket
 * keeps a command from ending: close them all when the client is no longer used.
 */
export class Sockets {
  readonly #open = new Set<Socket>()
  #closed = false

  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const name = isIP(host) ? {} : { servername: host }
    const socket = ssl ? connectTls({ host, port, ...name, ...ssl }, onConnect) : connect({ host, port }, onConnect)
    socket.setKeepAlive(true, keepAliveMs)
    socket.on('data', boundedAnswers(socket))
    // While it connects to an unreachable broker, kafkajs adds a listener for each waiting request; all go with the
    // socket.
    socket.setMaxListeners(0)
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    if (this.#closed) socket.destroy(new Error('the client was closed'))
    return socket
  }

  close(): void {
    this.#closed = true
    for (const socket of this.#open) socket.destroy()
  }
}

/** Tracks the responses of a connection, and closes it if one announces an excessive length. */
function boundedAnswers(socket: Socket): (bytes: Buffer) => void {
  const length = Buffer.alloc(4)
  let known = 0
  let left = 0
  return bytes => {
    for (let at = 0; at < bytes.length;) {
      if (known < length.length) {
        length[known++] = bytes[at++]!
        if (known < length.length) continue
        left = length.readInt32BE(0)
        if (left < 0 || left > longestAnswer) {
          const what = `a response of ${left >>> 0} bytes exceeds the limit of ${longestAnswer}`
          return void socket.destroy(new BeyondBounds('size', what))
        }
      }
      const step = Math.min(left, bytes.length - at)
      left -= step
      at += step
      if (left === 0) known = 0
    }
  }
}
