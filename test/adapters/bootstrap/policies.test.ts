import { describe, expect, it } from 'vitest'
import { type OpenedFleet, openPolicies } from '../../../src/adapters/bootstrap/policies.js'
import { greedy } from '../../../src/domain/sampling.js'
import type { ModelRecord } from '../../../src/domain/model.js'
import { Waits } from '../../../src/runtime/waits.js'
import { registered } from '../../support/training.js'

const model: ModelRecord = { ...registered('a'), role: 'steerlm' }
const request = { system: '', turns: [], label: 'quality:4' }
const drawing = { sampling: greedy, maxTokens: 1 }

/** Policies before a fleet that only says whom it asks; `world` can be changed meanwhile. */
function policies(endpoints: (string | null)[], active: ModelRecord | null = null) {
  const world = { endpoints, active, opened: 0, closed: 0, fails: null as Error | null }
  const fleet: OpenedFleet['fleet'] = {
    answer: async name => ({ text: name, finish: 'stop', prompt: '', tokens: null }),
    models: () => world.endpoints,
    requests: () => 300,
    stats: () => [],
    outage: () => null,
  }
  const waits = new Waits()
  const opened = openPolicies({
    open: async () => {
      world.opened++
      if (world.fails) throw world.fails
      return { fleet, close: async () => void world.closed++ }
    },
    active: { now: async () => world.active, named: async name => (name === model.digest ? model : null) },
    pollMs: 1,
    waits,
  })
  const asked = async (digest: string, signal = new AbortController().signal) =>
    (await opened.answer(digest, request, drawing, signal)).text
  return { world, opened, waits, asked }
}

describe('the SteerLM models that rounds sample', () => {
  it('are not connected to before somebody asks, and then once', async () => {
    const { world, opened, asked } = policies([null])
    expect([opened.requests(), world.opened]).toEqual([64, 0])
    await Promise.all([asked('external'), asked('external')])
    expect([opened.requests(), world.opened]).toEqual([300, 1])
    await opened.close()
    expect(world.closed).toBe(1)
  })

  it('cannot be asked where no endpoint is set: the setting is named', async () => {
    const none = openPolicies({ open: null, active: { now: async () => null, named: async () => null } })
    const asked = none.answer('external', request, drawing, new AbortController().signal)
    await expect(asked).rejects.toMatchObject({ code: 'STEERFLOW_CONFIG_INVALID', kind: 'usage' })
    await expect(asked).rejects.toThrow('sample.endpoints')
    expect(await none.current()).toEqual({ model: 'external', digest: 'external' })
    await none.close()
  })

  it('what fails to open is opened again', async () => {
    const { world, asked, opened } = policies([null])
    world.fails = new Error('no such file')
    await expect(asked('external')).rejects.toThrow('no such file')
    world.fails = null
    expect(await asked('external')).toBe('external')
    await opened.close()
  })

  it.each([
    ['digest', [null, model.model, model.digest], model.digest],
    ['name', [null, model.model], model.model],
    ['digest where an endpoint declares nothing', ['other', null], model.digest],
  ])('are asked for by the %s', async (_, endpoints, name) => {
    expect(await policies(endpoints).asked(model.digest)).toBe(name)
  })

  it('are waited for while no endpoint serves them: another is never asked', async () => {
    const { world, waits, asked } = policies(['other'])
    const waiting = asked(model.digest)
    const stop = new AbortController()
    const given = asked('unheard of', stop.signal)
    await expect.poll(() => waits.current()).toHaveLength(2)
    stop.abort()
    await expect(given).rejects.toThrow('aborted')
    world.endpoints = ['other', model.digest]
    expect(await waiting).toBe(model.digest)
  })
})

describe('the model of a round that names none', () => {
  it.each([
    ['the active one', ['a', 'b'], model, { model: model.model, digest: model.digest }],
    ['the only one that endpoints declare', ['a', 'a'], null, { model: 'a', digest: 'a' }],
    ['whatever they serve, where one declares nothing', ['a', null], null, { model: 'external', digest: 'external' }],
    ['whatever they serve, where there are several', ['a', 'b'], null, { model: 'external', digest: 'external' }],
  ])('is %s', async (_, endpoints, active, expected) => {
    expect(await policies(endpoints, active).opened.current()).toEqual(expected)
  })
})
