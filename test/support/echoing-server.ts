import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The ways in which servers, proxies and their logs spell a text again. */
export const spellings: readonly ((secret: string) => string)[] = [
  secret => secret,
  secret => JSON.stringify({ detail: `wrong key ${secret}` }),
  secret => JSON.stringify({ error: { message: JSON.stringify({ authorization: `Bearer ${secret}` }) } }),
  secret => JSON.stringify({ detail: secret }).replaceAll(/[<>&]/g, c => `\\u00${c.charCodeAt(0).toString(16)}`),
  secret => `/login?key=${encodeURIComponent(secret)}`,
  secret => new URLSearchParams({ key: secret }).toString(),
  secret => `<pre>${secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</pre>`,
  secret => Buffer.from(secret).toString('base64'),
  secret => Buffer.from(`Bearer ${secret}`).toString('base64url'),
  secret => Buffer.from(secret).toString('hex').toUpperCase(),
]

/** What no text may hold that was made of what such a server said: the secret as it is, and each of its spellings. */
export const traces = (secret: string): readonly string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  secret.slice(-12),
  Buffer.from(secret).toString('base64').slice(0, -4),
  Buffer.from(`Bearer ${secret}`).toString('base64url').slice(0, -4),
  Buffer.from(secret).toString('hex'),
]

export interface EchoingServer {
  readonly url: string
  close(): void
}

/**
 * A server between a client and another one. It refuses some requests, and then says again what authorised them.
 * @param refuses the status of an answer to a body; null: the other server's answer
 */
export async function startEchoing(behind: string, refuses: (body: string) => number | null): Promise<EchoingServer> {
  let told = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const secret = (request.headers.authorization ?? '').replace('Bearer ', '')
      const status = request.method === 'GET' ? null : refuses(body)
      if (status !== null) return void response.writeHead(status).end(spellings[told++ % spellings.length]!(secret))
      fetch(new URL(request.url ?? '/', behind), {
        method: request.method!,
        headers: { 'content-type': 'application/json' },
        ...(request.method !== 'GET' && { body }),
      })
        .then(async answer => response.writeHead(answer.status).end(await answer.text()))
        .catch(() => response.destroy())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
