import { decode, encode, type Answer, type Packet } from 'dns-packet'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Addresses of a name; or what is answered instead: NXDOMAIN, SERVFAIL, nothing at all. */
export type Zone = readonly string[] | 'nxdomain' | 'servfail' | 'silent'

/** A DNS server on loopback UDP, whose answers can be changed. */
export interface DnsServer {
  readonly address: string
  readonly asked: readonly string[]
  set(name: string, zone: Zone): void
  close(): Promise<void>
}

const rcodes = { nxdomain: 3, servfail: 2 } as const
const authoritative = 0x400

export async function startDnsServer(): Promise<DnsServer> {
  const zones = new Map<string, Zone>()
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    const query = decode(message)
    const question = query.questions![0]!
    asked.push(`${question.type} ${question.name}`)
    const zone = zones.get(question.name) ?? 'nxdomain'
    if (zone === 'silent') return
    const rcode = typeof zone === 'string' ? rcodes[zone] : 0
    const answers = (typeof zone === 'string' ? [] : zone).flatMap((data): Answer[] => {
      const type = data.includes(':') ? 'AAAA' : 'A'
      return type === question.type ? [{ type, name: question.name, ttl: 0, data }] : []
    })
    const reply: Packet = {
      type: 'response',
      id: query.id!,
      flags: authoritative | rcode,
      questions: [question],
      answers,
    }
    socket.send(encode(reply), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    set: (name, zone) => void zones.set(name, zone),
    close: () => new Promise(resolve => socket.close(() => resolve())),
  }
}
