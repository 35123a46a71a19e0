import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openPolicies } from '../../../src/adapters/bootstrap/policies.js'
import { RoundsOnRecord } from '../../../src/adapters/bootstrap/rounds-on-record.js'
import { openAnsweringFleet } from '../../../src/adapters/inference/answering-fleet.js'
import { openFleet } from '../../../src/adapters/inference/fleet.js'
import { ActiveModel } from '../../../src/adapters/models/active-model.js'
import { promoteModel } from '../../../src/adapters/models/decide.js'
import { openValueModels } from '../../../src/adapters/models/value-models.js'
import { readTopic } from '../../../src/cli/read-topic.js'
import { openWorkspace } from '../../../src/cli/workspace.js'
import { Config } from '../../../src/cli/config.js'
import { answerPrompt, readAnswerText } from '../../../src/domain/answer-prompt.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import type { BootstrapPrompt, Candidate } from '../../../src/domain/bootstrap/candidates.js'
import { sampleSeed } from '../../../src/domain/bootstrap/seeded-draw.js'
import { labelPrompt, labelUpTo, type PromptTurn } from '../../../src/domain/prompt.js'
import { RoundPlan } from '../../../src/domain/bootstrap/round-plan.js'
import { extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import { pipeline } from '../../../src/pipeline.js'
import { PipelineRun } from '../../../src/runtime/pipeline-run.js'
import { Waits } from '../../../src/runtime/waits.js'
import { encode } from '../../../src/stages/node.js'
import type { Capabilities } from '../../../src/stages/needs.js'
import * as topics from '../../../src/topics.js'
import { startCli } from '../../support/cli.js'
import { policyModel } from '../../support/contract-server/policy-model.js'
import { startContractServer } from '../../support/contract-server/server.js'
import { generate, goldenModel } from '../../support/contract-server/value-model.js'
import { prompt, round, roundEvent } from '../../support/rounds.js'
import { temporary, testLog } from '../../support/pipelines.js'

const samples = 4
const set = attributeSets['oasst-12-lang@1']
const label = 'quality:4'

const opening = (value_model = 'A') =>
  round({
    policy: { model: 'external', digest: 'external' },
    value_model,
    attribute_set: set.name,
    plan: RoundPlan.parse({ samples, maxTokens: 64, seed: 3 }),
  })

const promptsOf = (count: number): BootstrapPrompt[] =>
  Array.from({ length: count }, (_, index) => {
    const turns = [{ value: `Why ${index}?`, from: 'User', label: 'quality:2' }]
    return prompt({ index, of: count, prompt_id: `p${index}`, tree_id: `t${index}`, turns, label })
  })

/** What the contract server's model answers, computed by hand. */
function byHand({ system, turns, prompt_id, round }: BootstrapPrompt): Candidate[] {
  return Array.from({ length: samples }, (_, index) => {
    const seed = sampleSeed({ seed: 3, round, promptId: prompt_id }, index)
    const asked = answerPrompt({ system, turns, label }, extraIdTokens)
    const sentence = generate(policyModel(seed), asked, 64, ['<extra_id_1>', '<|endoftext|>'])
    const { text } = readAnswerText(sentence.slice(asked.length), null, extraIdTokens)
    return { index, seed, text, finish: 'stop', tokens: null }
  })
}

/** The label of the last turn by the contract server's value model, computed by hand; the turns before keep theirs. */
function labelOf(system: string, turns: readonly PromptTurn[]): string {
  const asked = labelPrompt(system, turns, extraIdTokens)
  return generate(goldenModel({}), asked + labelUpTo('', 'quality'), 200, ['\n'])
    .slice(asked.length)
    .trim()
}

const withoutFinish = (candidates: readonly Candidate[]) =>
  candidates.map(({ index, seed, text }) => ({ index, seed, text }))

/** A log with a round and its prompts, and the nodes that answer and score them. */
async function loop(count: number) {
  const names = [topics.rounds, topics.prompts, topics.candidates, topics.scoredSamples, topics.outcomes, topics.models]
  const log = await testLog(names.map(({ name }) => name))
  const given = promptsOf(count)
  const requested = roundEvent('requested', { by: 'person', plan: RoundPlan.parse({}) })
  const events = [requested, roundEvent('opened', { opening: opening() })]
  await log.publish(events.map(event => encode(topics.rounds, event)))
  await log.publish(given.map(one => encode(topics.prompts, one)))
  const answering = openAnsweringFleet({ endpoints: [], tokens: extraIdTokens, inFlight: 8, batch: 1 })
  const fleet = openFleet({ endpoints: [], attributeSet: set, tokens: extraIdTokens, protocol: 'auto', batch: 1 })
  const none = { now: async () => null, named: async () => null }
  const policies = openPolicies({
    open: async () => ({ fleet: answering, close: () => answering.close() }),
    active: none,
  })
  const waits = new Waits()
  const valueModels = openValueModels({
    fleet,
    attributeSet: () => set,
    active: new ActiveModel(log, topics.models, 'value'),
    external: 'external',
    serve: () => Promise.reject(new Error('nothing is served here')),
    absentMs: 100,
    pollMs: 20,
    waits,
  })
  onTestFinished(async () => {
    await policies.close()
    await fleet.close()
  })
  const done = async (topic: { readonly name: string }) =>
    (await log.state(topic.name)).reduce((sum, { end }) => sum + Number(end), 0)
  return {
    log,
    given,
    answering,
    fleet,
    waits,
    done,
    until: async (topic: { readonly name: string }, some: number) => {
      while ((await done(topic)) < some) await sleep(5)
    },
    run: (...nodes: string[]) =>
      new PipelineRun({
        log,
        nodes: pipeline.filter(({ name }) => nodes.includes(name)),
        deadLetters: topics.deadLetters.name,
        capabilities: {
          policies,
          valueModels,
          chosenValueModels: valueModels,
          rounds: new RoundsOnRecord(log, topics.rounds),
        } as unknown as Capabilities,
        options: () => ({}),
        concurrency: () => 4,
        window: () => 64,
        sourcesEnded: () => true,
        untilIdle: true,
      }).run(),
  }
}

test('while the server is away a round waits: nothing is lost, and the answers are those of their seeds', async () => {
  const server = await startContractServer({ serves: 'policy', latencyMs: 10 })
  onTestFinished(() => server.stop())
  const { log, given, answering, done, until, run } = await loop(120)
  answering.addEndpoint({ url: server.url, model: null })
  const running = run('sample')
  await until(topics.candidates, 20)
  await server.stop()
  await expect.poll(() => answering.outage()?.ms ?? 0).toBeGreaterThan(1000)
  expect(await done(topics.candidates)).toBeLessThan(120)
  await server.start()
  await running
  const sampled = await readTopic(log, topics.candidates)
  expect(sampled.map(({ index }) => index).sort((a, b) => a - b)).toEqual(given.map(({ index }) => index))
  for (const one of sampled) {
    expect(withoutFinish(one.candidates)).toEqual(withoutFinish(byHand(given[one.index]!)))
    expect(one.policy).toBe('external')
  }
  expect(await done(topics.deadLetters)).toBe(0)
})

test('every answer is scored by the value model of the round, whichever is promoted meanwhile', async () => {
  const policy = await startContractServer({ serves: 'policy' })
  const [a, b] = [await startContractServer({ latencyMs: 10 }), await startContractServer({ shift: 2, record: true })]
  onTestFinished(async () => void (await Promise.all([policy, a, b].map(server => server.stop()))))
  const { log, given, answering, fleet, waits, done, until, run } = await loop(60)
  const declared = { models: ['A', 'B'], attributeSet: set.name }
  await promoteModel(log, topics.models, 'A', declared)
  answering.addEndpoint({ url: policy.url, model: null })
  fleet.addEndpoint({ url: a.url, model: 'A' })
  fleet.addEndpoint({ url: b.url, model: 'B' })
  const running = run('sample', 'score')
  await until(topics.scoredSamples, 10)
  await promoteModel(log, topics.models, 'B', declared)
  await fleet.removeEndpoint(a.url)
  await expect.poll(() => waits.current().map(({ what }) => what)).toContain('a server of the value model A')
  expect(await done(topics.scoredSamples)).toBeLessThan(60)
  fleet.addEndpoint({ url: a.url, model: 'A' })
  await running
  // Whether it has a page of metrics is all that it was asked.
  expect(b.bodies.filter(body => body !== '')).toEqual([])
  const scored = await readTopic(log, topics.scoredSamples)
  expect(scored.map(({ index }) => index).sort((x, y) => x - y)).toEqual(given.map(({ index }) => index))
  for (const { candidates, turns, system, value_model } of scored) {
    expect(value_model).toBe('A')
    for (const { text, predicted } of candidates) {
      expect(predicted?.label).toBe(labelOf(system, [...turns, { value: text, from: 'Assistant' }]))
    }
  }
  expect(await done(topics.deadLetters)).toBe(0)
})

test('killed again and again, every prompt is answered once, and asked again at most once for each kill', async () => {
  const server = await startContractServer({ serves: 'policy', latencyMs: 20, record: true })
  onTestFinished(() => server.stop())
  const [dataDir, count] = [temporary(), 120]
  const config = Config.parse({ dataDir })
  const given = promptsOf(count)
  const workspace = await openWorkspace(config, { begins: true })
  onTestFinished(() => workspace.close())
  const { log } = workspace
  const wished = roundEvent('requested', { by: 'person', plan: RoundPlan.parse({}) })
  const opened = [wished, roundEvent('opened', { opening: opening() })]
  await log.publish(opened.map(event => encode(topics.rounds, event)))
  await log.publish(given.map(one => encode(topics.prompts, one)))
  const sampling = () =>
    startCli([
      ...['run', '--nodes', 'sample', '--until-idle', '--data-dir', dataDir],
      ...['--set', `sample.endpoints=[{"url":"${server.url}"}]`, '--set', 'sample.inFlight=8'],
    ])
  const kills = 3
  for (let kill = 1; kill <= kills; kill++) {
    const { child, ended } = sampling()
    const answered = server.counters.answered
    while (server.counters.answered < answered + 60) await sleep(5)
    child.kill('SIGKILL')
    expect((await ended).signal).toBe('SIGKILL')
  }
  const last = await sampling().ended
  expect(last, last.stderr).toMatchObject({ code: 0 })
  const sampled = await readTopic(log, topics.candidates)
  expect(sampled.map(({ index }) => index).sort((a, b) => a - b)).toEqual(given.map(({ index }) => index))
  for (const one of sampled) {
    expect(withoutFinish(one.candidates)).toEqual(withoutFinish(byHand(given[one.index]!)))
  }
  const asked = new Map<string, number>()
  for (const body of server.bodies) if (body !== '') asked.set(body, (asked.get(body) ?? 0) + 1)
  expect(asked.size).toBe(count * samples)
  expect(Math.max(...asked.values())).toBeLessThanOrEqual(1 + kills)
  expect([...asked.values()].some(times => times > 1)).toBe(true)
})
