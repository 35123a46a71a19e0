import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openRegistry } from '../../../src/adapters/registry/confluent.js'
import type { SchemaRegistry } from '../../../src/adapters/registry/registry.js'
import { explain, SteerflowError } from '../../../src/domain/errors.js'

const credentials = { username: 'alice', password: 'hunter2' }

/** A registry over an HTTP server that answers everything alike; and what it was sent. */
async function answering(status: number, body: string) {
  const seen: { authorization: string | undefined; url: string | undefined }[] = []
  const server = createServer((request, response) => {
    seen.push({ authorization: request.headers.authorization, url: request.url })
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { registry: await openRegistry({ url: `http://127.0.0.1:${port}/base/`, ...credentials }), seen }
}

const failureOf = async (asked: Promise<unknown>): Promise<SteerflowError> => {
  const error: unknown = await asked.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(SteerflowError)
  return error as SteerflowError
}
const error = (code: number, message = 'said so'): string => JSON.stringify({ error_code: code, message })

describe('the client of a registry', () => {
  it.each([
    [409, error(409, 'type changed at /properties/a'), 'STEERFLOW_SCHEMA_INCOMPATIBLE'],
    [401, error(401), 'STEERFLOW_REGISTRY_REFUSED'],
    [403, '', 'STEERFLOW_REGISTRY_REFUSED'],
    [422, error(42201), 'STEERFLOW_REGISTRY_REFUSED'],
    [404, '<html>not here</html>', 'STEERFLOW_REGISTRY_DOWN'],
    [404, error(404), 'STEERFLOW_REGISTRY_DOWN'],
    [500, error(50001), 'STEERFLOW_REGISTRY_DOWN'],
    [503, '', 'STEERFLOW_REGISTRY_DOWN'],
    [200, '<html>a login page</html>', 'STEERFLOW_REGISTRY_DOWN'],
    [200, '{"id":"1"}', 'STEERFLOW_REGISTRY_DOWN'],
  ])('takes %i %s for %s', async (status, body, code) => {
    const { registry } = await answering(status, body)
    expect(await failureOf(registry.register('s-value', '{}'))).toMatchObject({ code })
  })

  it('keeps what the registry says of an incompatible schema', async () => {
    const { registry } = await answering(409, error(409, 'type changed at /properties/a'))
    expect(explain(await failureOf(registry.register('s-value', '{}')))).toContain('type changed at /properties/a')
  })

  it.each([40401, 40402, 40403, 40408])('takes error code %i for something that is not there', async code => {
    const { registry } = await answering(404, error(code))
    expect(await registry.idOf('s-value', '{}')).toBeNull()
    expect(await registry.byId('s-value', 7)).toBeNull()
    expect(await registry.compatibility('s-value')).toBeNull()
    expect(await registry.holds('s-value', { type: 'JSON', text: '{}' })).toBe(false)
    expect(await registry.takes('s-value', '{}')).toBe(true)
  })

  it('asks below the base, with the credentials', async () => {
    const { registry, seen } = await answering(200, '{"id":3,"version":1}')
    expect(await registry.idOf('s-value', '{}')).toBe(3)
    const authorization = `Basic ${Buffer.from('alice:hunter2').toString('base64')}`
    expect(seen).toEqual([{ authorization, url: '/base/subjects/s-value?normalize=false' }])
  })

  it.each<[string, () => Promise<{ readonly registry: SchemaRegistry; readonly seen?: readonly unknown[] }>]>([
    [
      'that is not there',
      async () => ({ registry: await openRegistry({ url: 'http://127.0.0.1:9', ...credentials }) }),
    ],
    ['that refuses', () => answering(401, error(401))],
    ['that fails', () => answering(500, '')],
  ])('holds no credentials in the failure of a registry %s, and asks it once', async (_, open) => {
    const { registry, seen = [null] } = await open()
    const failure = await failureOf(registry.idOf('s-value', '{}'))
    expect(seen).toHaveLength(1)
    const all = inspect(failure, { depth: 20, showHidden: true })
    for (const secret of ['hunter2', Buffer.from('alice:hunter2').toString('base64')]) expect(all).not.toContain(secret)
  })
})
