import { afterEach, describe, expect, it } from 'vitest'
import { type AnsweringFleet, openAnsweringFleet } from '../../../src/adapters/inference/answering-fleet.js'
import { openAiCompletions, OpenAiOptions } from '../../../src/adapters/inference/protocols/openai-text.js'
import { tritonReward } from '../../../src/adapters/inference/protocols/triton-reward.js'
import type { Protocol } from '../../../src/adapters/inference/protocols/protocol.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import { controlTokens, extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import { greedy, type Sampling } from '../../../src/domain/sampling.js'
import { closeAll, codeOf, idle, serve } from './fleet-under-test.js'

const completions = openAiCompletions(OpenAiOptions.parse({}))
const fleets: AnsweringFleet[] = []

function fleetOf(urls: readonly string[], protocol?: Protocol, tokens = extraIdTokens): AnsweringFleet {
  const endpoints = urls.map(url => ({ url, model: null, ...(protocol && { protocol }) }))
  const fleet = openAnsweringFleet({ endpoints, tokens, batch: 1 })
  fleets.push(fleet)
  return fleet
}
afterEach(async () => {
  await Promise.all(fleets.splice(0).map(fleet => fleet.close()))
  await closeAll()
})

const drawn = (seed: number): Sampling => ({ temperature: 0.7, topP: 0.9, topK: 0, seed })
const ask = (fleet: AnsweringFleet, label: string, sampling: Sampling = greedy, maxTokens = 64, value = 'Why?') =>
  fleet.answer('m', { system: 'S\n\n', turns: [{ from: 'User', value }], label }, { sampling, maxTokens }, idle)

const contracts = [
  ['nemo', undefined],
  ['openai', completions],
] as const

describe.each(contracts)('a fleet of %s servers that answers', (contract, protocol) => {
  it('gives the answer alone, and says that it ended by itself', async () => {
    const server = await serve({ contract, serves: 'policy' })
    const answered = await ask(fleetOf([server.url], protocol), 'quality:1')
    expect(answered.text.split(' ')).toHaveLength(5)
    expect(answered.text).not.toMatch(/[\n<>]/)
    expect(answered).toMatchObject({ finish: 'stop', prompt: expect.stringContaining('quality:1\n') as string })
  })

  it('draws by the seed: one seed one answer, other seeds others', async () => {
    const server = await serve({ contract, serves: 'policy' })
    const fleet = fleetOf([server.url], protocol)
    const seeds = [1, 2, 3, 1, 2, 3]
    const texts = await Promise.all(seeds.map(async seed => (await ask(fleet, 'quality:4', drawn(seed))).text))
    expect(texts.slice(0, 3)).toEqual(texts.slice(3))
    expect(new Set(texts).size).toBe(3)
  })

  it('says when an answer reached its limit', async () => {
    const server = await serve({ contract, serves: 'policy' })
    const answered = await ask(fleetOf([server.url], protocol), 'quality:4', greedy, 4)
    expect(answered.text.split(' ')).toHaveLength(4)
    expect(answered.finish).toBe(contract === 'nemo' ? null : 'length')
  })

  it('knows control characters too', async () => {
    const server = await serve({ contract, serves: 'policy' })
    const answered = await ask(fleetOf([server.url], protocol, controlTokens), 'quality:0')
    expect(answered).toMatchObject({ finish: 'stop', text: expect.not.stringContaining('\x11') as string })
  })

  it('loses nothing where servers fail', async () => {
    const faults = [{ share: 0.2, seed: 1, fault: { kind: 'status' as const, status: 500 } }]
    const servers = [await serve({ contract, serves: 'policy', faults }), await serve({ contract, serves: 'policy' })]
    const urls = servers.map(({ url }) => url)
    const fleet = fleetOf(urls, protocol)
    const questions = Array.from({ length: 100 }, (_, index) => `question ${index}`)
    const answers = await Promise.all(questions.map(value => ask(fleet, 'quality:2', drawn(7), 64, value)))
    expect(answers.every(({ text, finish }) => text !== '' && finish === 'stop')).toBe(true)
    const alone = fleetOf([urls[1]!], protocol)
    const again = await Promise.all(questions.map(value => ask(alone, 'quality:2', drawn(7), 64, value)))
    expect(again.map(({ text }) => text)).toEqual(answers.map(({ text }) => text))
  })
})

describe('a fleet that answers', () => {
  it('takes an empty answer for one, which a label never is', () => {
    const body = JSON.stringify({ choices: [{ text: '', finish_reason: 'stop' }] })
    const reply = { status: 200, headers: {}, body }
    expect(completions.classify(reply, 1, true)).toMatchObject({ kind: 'ok', answers: [{ text: '', finish: 'stop' }] })
    expect(completions.classify(reply, 1)).toMatchObject({ kind: 'elsewhere' })
    const cut = { ...reply, body: JSON.stringify({ choices: [{ text: '', finish_reason: 'length' }] }) }
    expect(completions.classify(cut, 1, true)).toMatchObject({ kind: 'elsewhere' })
  })

  it('finds the answer although the server respaced the prompt', async () => {
    const server = await serve({ serves: 'policy', respace: true })
    expect((await ask(fleetOf([server.url]), 'quality:0')).text.split(' ')).toHaveLength(3)
  })

  it('never puts two draws of different seeds into one request', async () => {
    const server = await serve({ serves: 'policy', record: true })
    const fleet = openAnsweringFleet({ endpoints: [{ url: server.url, model: null }], tokens: extraIdTokens })
    fleets.push(fleet)
    await Promise.all(Array.from({ length: 40 }, (_, index) => ask(fleet, 'quality:1', drawn(index % 2))))
    const bodies = server.bodies.map(body => JSON.parse(body) as { sentences: string[]; random_seed: number })
    expect(bodies.reduce((sum, { sentences }) => sum + sentences.length, 0)).toBe(40)
    expect(bodies.every(({ random_seed: seed }) => seed === 0 || seed === 1)).toBe(true)
  })

  it('refuses servers that only score', async () => {
    const protocol = tritonReward({ model: 'reward_model' }, attributeSets['helpsteer-5@1'])
    expect(await codeOf(Promise.resolve().then(() => fleetOf(['http://127.0.0.1:1'], protocol)))).toBe(
      'STEERFLOW_CONFIG_INVALID',
    )
  })
})
