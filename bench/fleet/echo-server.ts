import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { attributeSets, labelKeys } from '../../src/domain/attributes.js'

/**
 * The cheapest server that a fleet takes for one: it says the prompt and the same label again, at once. For what calls
 * cost the client. Prints its URL.
 */
const keys = labelKeys(attributeSets['oasst-12-lang@1'])
const rest = keys.slice(1, -1).map(key => `,${key}:2`)
const label = `3${rest.join('')},lang:en\n`

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    // A fleet also looks for a page of metrics, which this server does not have.
    if (request.method !== 'PUT') {
      response.writeHead(404).end()
      return
    }
    const { sentences } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { sentences: string[] }
    const body = JSON.stringify({ sentences: sentences.map(prompt => prompt + label) })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('disconnect', () => process.exit(0))
