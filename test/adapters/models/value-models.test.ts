import { describe, expect, it, onTestFinished } from 'vitest'
import { openValueModels, type ValueModelsOptions } from '../../../src/adapters/models/value-models.js'
import { agreedSetOf } from '../../../src/cli/attribute-sets.js'
import { loadConfig } from '../../../src/cli/load-config.js'
import { attributeSet, attributeSets } from '../../../src/domain/attributes.js'
import type { ModelRecord } from '../../../src/domain/model.js'
import { Waits } from '../../../src/runtime/waits.js'
import { registered } from '../../support/training.js'

const [a, b] = [registered('a'), registered('b')]
const external: ModelRecord = { ...b, kind: 'external', path: '' }

const never = new AbortController().signal

/** Value models before a fleet that only keeps account of its endpoints; `world` can be changed meanwhile. */
function opened(given: Partial<Pick<ValueModelsOptions, 'external' | 'serve' | 'absentMs' | 'attributeSet'>> = {}) {
  const world = { endpoints: [] as (string | null)[], active: null as ModelRecord | null }
  const served: string[] = []
  const waits = new Waits()
  const models = openValueModels({
    fleet: {
      models: () => world.endpoints,
      addEndpoint: ({ model }) => void world.endpoints.push(model),
      pinned: (digest, predicts = attributeSets['oasst-12@1']) => ({
        digest,
        attributeSet: predicts,
        scoreTurn: ({ system }, signal) =>
          system === 'waits'
            ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
            : Promise.resolve({ label: digest, scores: {} }),
      }),
    },
    active: {
      now: async () => world.active,
      named: async name => [a, external].find(({ model, digest }) => name === model || name === digest) ?? null,
    },
    external: null,
    attributeSet: () => attributeSets['oasst-12@1'],
    serve: async ({ digest }) => {
      served.push(digest)
      return { url: 'http://localhost', close: async () => void served.pop() }
    },
    pollMs: 1,
    waits,
    ...given,
  })
  onTestFinished(() => models.close())
  const pin = () => models.pin(never)
  return { world, models, served, waits, pin }
}

/** Which model the fleet is asked for. */
const asked = async (pinned: { scoreTurn: ValueModelsAsked } | null) =>
  (await pinned!.scoreTurn({ system: '', turns: [] }, never)).label
type ValueModelsAsked = Awaited<ReturnType<ReturnType<typeof openValueModels>['pin']>>['scoreTurn']

describe('where endpoints declare no model', () => {
  it('they serve the configured name, whatever is active', async () => {
    const { world, models, pin } = opened({ external: 'external' })
    world.endpoints = [null]
    world.active = a
    expect([(await pin()).digest, await models.ready()]).toEqual(['external', true])
    expect((await models.named('external'))?.digest).toBe('external')
    expect(await models.named(a.model)).toBeNull()
  })
})

describe('where endpoints are configured and none is there yet', () => {
  it('a record that began before the first declared a model begins again with the active one', async () => {
    const { world, pin } = opened({ external: 'external', absentMs: 20 })
    const pinned = await pin()
    world.endpoints = [a.digest]
    world.active = a
    const scored = pinned.scoreTurn({ system: 'waits', turns: [] }, never)
    await expect(scored).rejects.toMatchObject({ code: 'STEERFLOW_MODEL_ABSENT', kind: 'transient' })
    expect((await pin()).digest).toBe(a.digest)
  })
})

describe('where there are no endpoints', () => {
  it('the active baseline model is served here, once', async () => {
    const { world, models, served, pin } = opened()
    expect(await models.ready()).toBe(false)
    const waiting = pin()
    world.active = a
    expect((await waiting).digest).toBe(a.digest)
    await pin()
    expect([served, await models.ready()]).toEqual([[a.digest], true])
  })

  it('a model that needs a server of its own is refused', async () => {
    const { world, pin } = opened()
    world.active = external
    await expect(pin()).rejects.toMatchObject({ code: 'STEERFLOW_CONFIG_INVALID' })
  })

  it('it is asked for the set that it was trained on', async () => {
    const { world, models } = opened({ attributeSet: ({ attribute_set }) => attributeSet(attribute_set) })
    world.active = { ...a, attribute_set: 'helpsteer-5@1' }
    expect((await models.pin(never)).attributeSet.name).toBe('helpsteer-5@1')
  })

  it('one that predicts another set than is asked for is refused, and both are named', async () => {
    const config = loadConfig({ set: ['attributes=oasst-12'] })
    const { world, pin } = opened({
      attributeSet: ({ model, attribute_set }) => agreedSetOf(config, attribute_set, `${model} predicts`),
    })
    world.active = { ...a, attribute_set: 'helpsteer-5@1' }
    await expect(pin()).rejects.toMatchObject({
      code: 'STEERFLOW_CONFIG_INVALID',
      message: expect.stringMatching(/oasst-12@1.*predicts helpsteer-5@1/) as string,
    })
  })

  it('a server that did not start is started again', async () => {
    let tries = 0
    const serve = async () => {
      if (++tries === 1) throw new Error('no memory')
      return { url: 'http://localhost', close: async () => undefined }
    }
    const { world, pin } = opened({ serve })
    world.active = a
    await expect(pin()).rejects.toThrow('no memory')
    expect((await pin()).digest).toBe(a.digest)
  })
})

describe('where endpoints declare their models', () => {
  it.each([
    ['digest', external.digest],
    ['name', external.model],
  ])('the active one is asked for by the %s that they declare', async (_, declared) => {
    const { world, models, pin } = opened({ external: 'external' })
    world.endpoints = ['other', declared]
    world.active = external
    const pinned = await pin()
    expect([pinned.digest, await asked(pinned), await models.ready()]).toEqual([external.digest, declared, true])
  })

  it('nothing is annotated before one that they serve is active', async () => {
    const { world, models, waits, pin } = opened({ external: 'external' })
    world.endpoints = ['other']
    world.active = external
    expect(await models.ready()).toBe(false)
    let done = false
    const waiting = pin().then(model => ((done = true), model))
    await expect.poll(() => waits.current()).toHaveLength(1)
    expect(done).toBe(false)
    // All of them may leave meanwhile: the registry still decides.
    world.endpoints = []
    expect(await models.ready()).toBe(false)
    world.endpoints = [external.digest]
    expect((await waiting).digest).toBe(external.digest)
  })

  it('any of them can be had by name, active or not, registered or not', async () => {
    const { world, models } = opened({ external: 'external' })
    world.endpoints = ['other', external.digest]
    expect((await models.named('other'))?.digest).toBe('other')
    expect((await models.named(external.model))?.digest).toBe(external.digest)
    expect((await models.named(a.model))?.digest).toBe(a.digest)
    expect(await models.named('unheard of')).toBeNull()
  })
})

describe('a model that was chosen before', () => {
  it('is had although another is active, and a baseline model is served here', async () => {
    const { world, models, served } = opened()
    world.active = { ...b, kind: 'baseline' }
    const chosen = await models.chosen(a.digest, never)
    expect([chosen.digest, await asked(chosen), served]).toEqual([a.digest, a.digest, [a.digest]])
  })

  it('is waited for until something serves it: another is never asked', async () => {
    const { world, models, waits } = opened({ external: 'external' })
    world.endpoints = ['other']
    world.active = a
    const waiting = models.chosen(external.digest, never)
    const stop = new AbortController()
    const given = models.chosen('unheard of', stop.signal)
    await expect.poll(() => waits.current()).toHaveLength(2)
    stop.abort()
    await expect(given).rejects.toThrow('aborted')
    world.endpoints = ['other', external.model]
    expect(await asked(await waiting)).toBe(external.model)
  })

  it('may be whatever endpoints serve that declare nothing', async () => {
    const { world, models } = opened({ external: 'external' })
    world.endpoints = [null]
    expect((await models.chosen('external', never)).digest).toBe('external')
  })
})

describe('what annotates now', () => {
  it('is the active model, whether or not it is served', async () => {
    const { world, models } = opened({ external: 'external' })
    world.endpoints = ['other']
    expect(await models.current()).toBeNull()
    world.active = external
    expect(await models.current()).toEqual({ digest: external.digest, attributeSet: external.attribute_set })
  })

  it('is what endpoints serve that declare nothing', async () => {
    const { world, models } = opened({ external: 'external' })
    world.endpoints = [null]
    world.active = a
    expect(await models.current()).toEqual({ digest: 'external', attributeSet: null })
  })
})
