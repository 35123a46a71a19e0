import { describe, expect, it } from 'vitest'
import { EndpointEntry } from '../../../../src/adapters/inference/endpoints/entry.js'
import { Addresses, atAddresses } from '../../../../src/adapters/inference/endpoints/name.js'

const answer = (v4: readonly string[] | null, v6: readonly string[] | null = []) => ({
  v4,
  v6,
  cause: v4 && v6 ? null : 'ETIMEOUT',
})

describe('the addresses of a name', () => {
  it('are what is answered, whatever its order', () => {
    const addresses = new Addresses(1000)
    expect(addresses.heard(answer(['10.0.0.2', '10.0.0.1'], ['fd00::1']), 0)).toBeNull()
    const first = addresses.all
    addresses.heard(answer(['10.0.0.1', '10.0.0.2'], ['fd00::1']), 1)
    expect(addresses.all).toEqual(first)
    addresses.heard(answer(['10.0.0.3']), 2)
    expect(addresses.all).toEqual(['10.0.0.3'])
  })

  it('outlast every failure, and for a while an answer without any', () => {
    const addresses = new Addresses(1000)
    addresses.heard(answer(['10.0.0.1'], ['fd00::1']), 0)
    expect(addresses.heard(answer(null, null), 1e9)).toBe('ETIMEOUT')
    expect(addresses.all).toEqual(['10.0.0.1', 'fd00::1'])
    addresses.heard(answer(['10.0.0.1']), 1e9)
    expect(addresses.heard(answer([]), 1e9 + 999)).toContain('no longer has an address')
    expect(addresses.all).toEqual(['10.0.0.1'])
    expect(addresses.heard(answer([]), 1e9 + 1000)).toBe('it has no address')
    expect(addresses.all).toEqual([])
  })

  it('of a family that was not heard of stay, those of the other follow', () => {
    const addresses = new Addresses(1000)
    addresses.heard(answer(['10.0.0.1'], ['fd00::1']), 0)
    expect(addresses.heard(answer(['10.0.0.2'], null), 1)).toBe('ETIMEOUT')
    expect(addresses.all).toEqual(['10.0.0.2', 'fd00::1'])
  })

  it('are there from the first if they were known', () => {
    const addresses = new Addresses(1000, ['10.0.0.1', 'fd00::1'])
    expect(addresses.heard(answer(null, null), 0)).toBe('ETIMEOUT')
    expect(addresses.all).toEqual(['10.0.0.1', 'fd00::1'])
  })
})

it('a server is at each address, and is told the name', () => {
  const entry = EndpointEntry.parse({
    dns: 'http://u:p@workers.svc:8000/base',
    metricsUrl: 'http://workers.svc:8002/metrics',
    pricePerHour: 2,
  })
  const servers = atAddresses(entry, ['10.0.0.1', 'fd00::1'], { authorization: 'Bearer k' })
  expect(servers.map(({ url, metricsUrl }) => [url, metricsUrl])).toEqual([
    ['http://u:p@10.0.0.1:8000/base', 'http://10.0.0.1:8002/metrics'],
    ['http://u:p@[fd00::1]:8000/base', 'http://[fd00::1]:8002/metrics'],
  ])
  expect(servers[0]).toMatchObject({
    pricePerHour: 2,
    headers: { authorization: 'Bearer k', host: 'workers.svc:8000' },
  })
})
