import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Fleet } from '../../../src/adapters/inference/fleet.js'
import { openAiCompletions } from '../../../src/adapters/inference/protocols/openai-text.js'
import { type AttributeSet, attributeSets, labelKeys } from '../../../src/domain/attributes.js'
import { labelRegex } from '../../../src/domain/label-grammar.js'
import { labelUpTo } from '../../../src/domain/prompt.js'
import { type LlamaServer, newLlama, startLlama } from '../../support/llama/llama.js'
import { describeWith } from '../../support/parts/describe-with.js'
import { closeAll, codeOf, fleetOf, score, texts } from './fleet-under-test.js'

const describe = await describeWith('llama')

/** Two attributes, so that a line takes a tenth of a second. */
const short: AttributeSet = {
  name: 'short@1',
  attributes: attributeSets['helpsteer-5@1'].attributes.slice(0, 2),
  language: false,
}

const protocol = openAiCompletions({ guided: 'gbnf', stream: true })
/** A fleet that gives an outage up before the test does. */
const fleetBefore = (servers: readonly LlamaServer[], attributeSet: AttributeSet): Fleet =>
  fleetOf([], {
    endpoints: servers.map(({ url }) => ({ url, model: null, protocol })),
    attributeSet,
    retryForMs: 30_000,
  })

/** The form of a whole label line of a set. */
const line = (set: AttributeSet): RegExp => new RegExp(`^${labelUpTo('', labelKeys(set)[0]!)}${labelRegex(set)}$`)

// The model knows nothing of values: under the grammar its lines are always well formed, and their values mean nothing
// (on human labels of quality it does no better than chance). These tests are about the server and the way to it.
describe('a fleet of real llama.cpp servers', () => {
  let servers: readonly LlamaServer[]
  beforeAll(async () => {
    servers = await Promise.all([startLlama(), startLlama(), startLlama()])
  })
  afterAll(() => Promise.all(servers.map(server => server.stop())))
  afterEach(closeAll)

  it.each([['oasst-12-lang@1', 2] as const, ['steerlm-9@1', 3] as const, ['helpsteer-5@1', 6] as const])(
    'scores every turn with one line under a grammar: %s',
    async (name, turns) => {
      const attributeSet = attributeSets[name]
      const fleet = fleetBefore(servers, attributeSet)
      const scored = await Promise.all(texts(turns).map(text => score(fleet, text)))
      for (const { label, scores } of scored) {
        expect(label).toMatch(line(attributeSet))
        expect(Object.keys(scores)).toEqual(attributeSet.attributes.map(({ key }) => key))
      }
      expect(fleet.stats()).toMatchObject({ calls: turns, lines: turns, attributeByAttribute: 0, inFlight: 0 })
    },
  )

  it('gives three servers work at once', async () => {
    const before = await Promise.all(servers.map(server => server.metric('tokens_predicted_total')))
    const fleet = fleetBefore(servers, short)
    const scored = await Promise.all(texts(24).map(text => score(fleet, text)))
    for (const { label } of scored) expect(label).toMatch(line(short))
    const after = await Promise.all(servers.map(server => server.metric('tokens_predicted_total')))
    for (const [index, count] of after.entries()) expect(count).toBeGreaterThan(before[index]!)
  })

  it('loses nothing when one of three is killed under load, and uses it again when it is back', async () => {
    const fleet = fleetBefore(servers, short)
    const labels: string[] = []
    let asked = 0
    let enough = false
    const load = Array.from({ length: 9 }, async () => {
      while (!enough) labels.push((await score(fleet, `turn ${asked++}`)).label)
    })
    const [victim] = servers
    await expect.poll(() => labels.length).toBeGreaterThan(9)
    await victim!.kill()
    const atKill = labels.length
    await expect.poll(() => labels.length).toBeGreaterThan(atKill + 4)
    // A new process, that counts from 0.
    await victim!.start()
    await victim!.ready()
    await expect.poll(() => victim!.metric('tokens_predicted_total')).toBeGreaterThan(0)
    enough = true
    await Promise.all(load)
    expect(labels).toHaveLength(asked)
    for (const label of labels) expect(label).toMatch(line(short))
    expect(fleet.stats()).toMatchObject({ turnsScored: asked, inFlight: 0, waiting: 0, outageMs: null })
  })

  it('refuses a turn that is too long for the server at once, and goes on', async () => {
    const fleet = fleetBefore(servers, short)
    expect(await codeOf(score(fleet, 'word '.repeat(1_500)))).toBe('STEERFLOW_INFERENCE_REFUSED')
    // Nothing was accepted before: short requests have to pass where the long one was refused, and it has to be refused
    // once more at both servers, until it is to blame.
    const { calls, outcomes } = fleet.stats()
    expect(outcomes.ok).toBeGreaterThan(0)
    expect(outcomes.poison).toBeGreaterThanOrEqual(4)
    expect(calls).toBeLessThan(16)
    expect((await score(fleet, 'Hello')).label).toMatch(line(short))
    const cause = await score(fleet, 'word '.repeat(1_500)).catch((error: unknown) => (error as Error).cause)
    expect(String(cause)).toContain('exceed_context_size_error')
  })

  it('waits while a server loads its model', async () => {
    const server = await newLlama()
    try {
      const statuses = new Set<number>()
      let ready = false
      await server.start()
      const fleet = fleetBefore([server], short)
      const scored = Promise.all(texts(4).map(text => score(fleet, text))).finally(() => (ready = true))
      for (; !ready; await sleep(5)) {
        const health = await fetch(`${server.url}/health`).catch(() => null)
        if (health) statuses.add(health.status)
      }
      for (const { label } of await scored) expect(label).toMatch(line(short))
      expect([...statuses]).toEqual([503, 200])
      expect(fleet.stats().calls).toBeLessThan(24)
    } finally {
      await server.stop()
    }
  })
})
