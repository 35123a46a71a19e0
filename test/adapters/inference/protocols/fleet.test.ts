import { afterEach, describe, expect, it } from 'vitest'
import type { EndpointAddress } from '../../../../src/adapters/inference/pool/endpoint.js'
import { protocolOf } from '../../../../src/adapters/inference/protocols/protocols.js'
import { type AttributeSet, attributeSets } from '../../../../src/domain/attributes.js'
import { roundHalfEven } from '../../../../src/domain/label-line.js'
import { labelPrompt, labelUpTo, rewardPrompt } from '../../../../src/domain/prompt.js'
import { extraIdTokens } from '../../../../src/domain/prompt-tokens.js'
import type { ContractServer } from '../../../support/contract-server/server.js'
import { rewardsOf } from '../../../support/contract-server/reward-model.js'
import { goldenModel } from '../../../support/contract-server/value-model.js'
import { allRight, closeAll, codeOf, fleetOf, score, serve, set, texts } from '../fleet-under-test.js'

afterEach(closeAll)

const five = attributeSets['helpsteer-5@1']
const outputs = five.attributes.map(({ key }) => key)
const at = (server: ContractServer, name: string, options: object = {}, of: AttributeSet = set): EndpointAddress => ({
  url: server.url,
  model: null,
  protocol: protocolOf(name, options, of),
})

/** The label that a reward model's floats of a text amount to. */
function rewarded(text: string, count = 5): string {
  const points = rewardsOf(text, count).map(value => roundHalfEven(Math.min(4, Math.max(0, value))))
  return outputs.map((key, index) => `${key}:${points[index]}`).join(',')
}
const spoken = (value: string): string => rewardPrompt('S\n\n', [{ value, from: 'User' }], extraIdTokens)

/** The label of the five attributes by the value model, one after the other. */
function asked(value: string): string {
  const prompt = labelPrompt('S\n\n', [{ value, from: 'User' }], extraIdTokens)
  return outputs.reduce((label, key) => {
    const begun = labelUpTo(label, key)
    return begun + goldenModel().next(prompt + begun)
  }, '')
}

describe('OpenAI-compatible servers', () => {
  it.each(['openai-completions', 'openai-chat'])('give whole lines by %s', async name => {
    const server = await serve({ contract: 'openai', record: true })
    const fleet = fleetOf([], { endpoints: [at(server, name, { model: 'value' })] })
    await allRight(fleet, 5)
    expect(fleet.stats()).toMatchObject({ calls: 5, lines: 5 })
    expect(server.bodies[0]).toContain('"model":"value"')
  })

  it.each(['gbnf', 'regex-vllm', 'regex-vllm-before-0.12', 'regex-sglang', 'regex-nim'])(
    'are guided by %s',
    async guided => {
      const server = await serve({ contract: 'openai', record: true })
      const fleet = fleetOf([], { endpoints: [at(server, 'openai-completions', { guided })] })
      await allRight(fleet, 3)
      expect(fleet.stats()).toMatchObject({ lines: 3, outcomes: { ok: 3, poison: 0 } })
      for (const body of server.bodies) expect(body).toMatch(/\[0-4\],toxicity:|root ::= \[0-4\]/)
    },
  )

  it('are asked attribute by attribute where they give no lines', async () => {
    const server = await serve({ contract: 'openai' })
    const fleet = fleetOf([], {
      endpoints: [at(server, 'openai-completions')],
      attributeSet: five,
      protocol: 'per-attribute',
    })
    expect((await score(fleet, 'Hello')).label).toBe(asked('Hello'))
    expect(fleet.stats()).toMatchObject({ calls: 5, attributeByAttribute: 1 })
  })

  it('get one prompt a request, however many NeMo would get', async () => {
    const server = await serve({ contract: 'openai' })
    await allRight(fleetOf([], { endpoints: [at(server, 'openai-completions')], batch: 8, inFlight: 1 }), 6)
    expect(server.counters.requests).toBe(6)
  })

  it('refuse a prompt that is too long, and the record only', async () => {
    const server = await serve({ contract: 'openai' })
    const fleet = fleetOf([], { endpoints: [at(server, 'openai-completions')] })
    expect(await codeOf(score(fleet, 'long '.repeat(30_000)))).toBe('STEERFLOW_INFERENCE_REFUSED')
    await allRight(fleet, 2)
  })

  it('serve one model beside NeMo servers', async () => {
    const [nemo, completions, chat] = [
      await serve(),
      await serve({ contract: 'openai' }),
      await serve({ contract: 'openai' }),
    ]
    const fleet = fleetOf([], {
      endpoints: [
        { url: nemo.url, model: 'm' },
        { ...at(completions, 'openai-completions'), model: 'm' },
        { ...at(chat, 'openai-chat'), model: 'm' },
      ],
      inFlight: 2,
      batch: 1,
    })
    await allRight(fleet, 40)
    for (const server of [nemo, completions, chat]) expect(server.counters.answered).toBeGreaterThan(0)
    expect(fleet.stats()).toMatchObject({ calls: 40, lines: 40 })
  })

  it('that are reached by the wrong protocol are left for others', async () => {
    const [right, wrong] = [await serve(), await serve({ contract: 'openai' })]
    const fleet = fleetOf([right, wrong])
    await allRight(fleet, 10)
    expect(fleet.stats().outcomes.unavailable).toBeGreaterThan(0)
  })
})

describe('reward models', () => {
  it('behind Triton score a turn at once', async () => {
    const server = await serve({ contract: 'triton', outputs })
    const fleet = fleetOf([], { endpoints: [at(server, 'triton-reward', {}, five)], attributeSet: five })
    for (const text of texts(20)) {
      const { label, scores } = await score(fleet, text)
      expect(label).toBe(rewarded(spoken(text)))
      expect(Object.values(scores)).toEqual(rewardsOf(spoken(text), 5))
      expect(Object.keys(scores)).toEqual(outputs)
    }
    expect(fleet.stats()).toMatchObject({ calls: 20, lines: 20 })
  })

  it('behind Triton take several turns in a request', async () => {
    const server = await serve({ contract: 'triton', outputs })
    const endpoints = [at(server, 'triton-reward', {}, five)]
    const fleet = fleetOf([], { endpoints, attributeSet: five, batch: 100, inFlight: 1 })
    const scored = await Promise.all(texts(40).map(text => score(fleet, text)))
    expect(scored.map(one => one.label)).toEqual(texts(40).map(text => rewarded(spoken(text))))
    expect(server.counters.requests).toBe(3)
  })

  it.each(['content', 'logprobs'] as const)('behind chat completions spell scores as %s', async rewardForm => {
    const server = await serve({ contract: 'openai-reward', rewardForm, outputs })
    const fleet = fleetOf([], { endpoints: [at(server, 'openai-reward', {}, five)], attributeSet: five })
    const turns = [
      { value: 'Hi', from: 'User', label: 'quality:1' },
      { value: 'Hello', from: 'Assistant' },
    ]
    const { label, scores } = await fleet.pinned('m').scoreTurn({ system: 'S', turns }, new AbortController().signal)
    expect(label).toBe(rewarded('Hi\nHello'))
    expect(Object.values(scores)).toEqual(rewardsOf('Hi\nHello', 5))
  })

  it('of other attributes are passed over, and so are those with a single reward', async () => {
    const nine = attributeSets['steerlm-9@1'].attributes.map(({ key }) => key)
    const [right, wrong, single] = [
      await serve({ contract: 'triton', outputs }),
      await serve({ contract: 'triton', outputs: nine }),
      await serve({ contract: 'openai-reward', rewardForm: 'single' }),
    ]
    const fleet = fleetOf([], {
      endpoints: [
        at(wrong, 'triton-reward', {}, five),
        at(single, 'openai-reward', {}, five),
        at(right, 'triton-reward', {}, five),
      ],
      attributeSet: five,
    })
    const system = { system: 'S\n\n', turns: [{ value: 'Hello', from: 'Assistant' }] }
    const idle = new AbortController().signal
    const scored = await Promise.all([...Array(6).keys()].map(one => fleet.pinned(String(one)).scoreTurn(system, idle)))
    const prompt = rewardPrompt(system.system, system.turns, extraIdTokens)
    expect(scored.map(one => one.label)).toEqual(scored.map(() => rewarded(prompt)))
    const { outcomes } = fleet.stats()
    expect(outcomes.elsewhere).toBeGreaterThan(0)
    expect(outcomes.unavailable).toBeGreaterThan(0)
    expect(outcomes.answer).toBe(0)
  })

  it('serve beside text models: which one scores a turn is decided call by call', async () => {
    const [nemo, triton] = [await serve(), await serve({ contract: 'triton', outputs })]
    const endpoints = [{ url: nemo.url, model: null }, at(triton, 'triton-reward', {}, five)]
    const fleet = fleetOf([], { endpoints, attributeSet: five, inFlight: 2 })
    const scored = await Promise.all(texts(30).map(text => score(fleet, text)))
    const kinds = scored.map(({ label }, index) => {
      const text = texts(30)[index]!
      return label === rewarded(spoken(text)) ? 'scores' : label === asked(text) ? 'text' : label
    })
    expect(kinds).toContain('scores')
    expect(kinds.filter(kind => kind !== 'scores' && kind !== 'text')).toEqual([])
    expect(nemo.counters.answered).toBeGreaterThan(0)
  })

  it('are turned away where labels have a language', async () => {
    const server = await serve({ contract: 'triton', outputs })
    const endpoint = at(server, 'triton-reward', {}, five)
    const refused = expect.objectContaining({ code: 'STEERFLOW_CONFIG_INVALID' }) as Error
    expect(() => fleetOf([], { endpoints: [endpoint] })).toThrow(refused)
    const fleet = fleetOf([])
    expect(() => fleet.addEndpoint(endpoint)).toThrow(refused)
    expect(fleet.stats().endpoints).toEqual([])
  })
})
