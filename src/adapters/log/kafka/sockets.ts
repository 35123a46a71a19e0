import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type ISocketFactory } from 'kafkajs'

const keepAliveMs = 60_000

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
