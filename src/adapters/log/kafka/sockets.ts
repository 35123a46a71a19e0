import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { BeyondBounds } from '../../foreign-answer.js'

const keepAliveMs = 60_000

/**
 * Bytes of the longest answer that is gathered: eight times what a fetch asks for, since a broker gives one batch whole
 * however large it is. A broker says the length before the answer, and kafkajs believes any.
 */
const longestAnswer = 256 << 20

/**
 * The sockets of one client. kafkajs forgets a connection that comes about while it disconnects, and an open socket keeps
 * a command from ending: whoever is done with the client closes them all.
 */
export class Sockets {
  readonly #open = new Set<Socket>()
  #closed = false

  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const name = isIP(host) ? {} : { servername: host }
    const socket = ssl ? connectTls({ host, port, ...name, ...ssl }, onConnect) : connect({ host, port }, onConnect)
    socket.setKeepAlive(true, keepAliveMs)
    socket.on('data', boundedAnswers(socket))
    // While it connects to a broker that is away, kafkajs adds a listener for each that waits; all go with the socket.
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

/** Follows the answers of a connection, and ends it where one says that it is too long. */
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
          const what = `an answer of ${left >>> 0} bytes, and at most ${longestAnswer} are read`
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
