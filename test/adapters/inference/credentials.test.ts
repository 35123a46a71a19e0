import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { explain } from '../../../src/domain/errors.js'
import { closeAll, fleetOf, score } from './fleet-under-test.js'

afterEach(closeAll)

it('shows name and password of an address to its server, and in no message', async () => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(503).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://bob:s3cr%40t@127.0.0.1:${port}/base`
  const fleet = fleetOf([{ url }], { retryForMs: 200 })
  const error = await score(fleet, 'text').catch((thrown: unknown) => thrown)
  expect(explain(error)).toContain(`http://127.0.0.1:${port}/base`)
  expect(explain(error) + JSON.stringify(fleet.stats())).not.toContain('s3cr')
  expect(seen[0]).toBe(`Basic ${Buffer.from('bob:s3cr@t').toString('base64')}`)
  await fleet.removeEndpoint(url)
  expect(fleet.stats().endpoints).toEqual([])
  server.closeAllConnections()
  server.close()
})
