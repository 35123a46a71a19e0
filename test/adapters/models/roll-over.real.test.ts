import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openFleet } from '../../../src/adapters/inference/fleet.js'
import { ActiveModel } from '../../../src/adapters/models/active-model.js'
import { promoteModel, rollbackModel } from '../../../src/adapters/models/decide.js'
import { openValueModels } from '../../../src/adapters/models/value-models.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import type { Conversation } from '../../../src/domain/conversation.js'
import { extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import { pipeline } from '../../../src/pipeline.js'
import { PipelineRun } from '../../../src/runtime/pipeline-run.js'
import { readAll } from '../../../src/runtime/read-all.js'
import { encode, reader } from '../../../src/stages/node.js'
import type { Capabilities } from '../../../src/stages/needs.js'
import { annotated, deadLetters, models, unscoredClean } from '../../../src/topics.js'
import { fourTurns, labelsBy } from '../../support/annotated-by.js'
import { startContractServer } from '../../support/contract-server/server.js'
import { testLog } from '../../support/pipelines.js'

const set = attributeSets['oasst-12-lang@1']
/** By how much the values of each model differ from the golden model's. */
const shifts = { A: 0, B: 2 } as const
type Name = keyof typeof shifts

/** The node annotate at work on so many records, with a fleet that models and servers can be given to and taken from. */
async function annotating(records: number, absentMs: number) {
  const log = await testLog([unscoredClean.name, annotated.name, models.name])
  const given = fourTurns(records)
  await log.publish(given.map(record => encode(unscoredClean, record)))
  const fleet = openFleet({
    endpoints: [],
    attributeSet: set,
    tokens: extraIdTokens,
    protocol: 'auto',
    inFlight: 8,
    batch: 1,
  })
  const valueModels = openValueModels({
    fleet,
    attributeSet: () => set,
    active: new ActiveModel(log, models, 'value'),
    external: 'external',
    serve: () => Promise.reject(new Error('nothing is served here')),
    absentMs,
    pollMs: 20,
  })
  onTestFinished(() => fleet.close())
  const pins: Record<string, number> = { A: 0, B: 0 }
  const counted: typeof valueModels.pin = async signal => {
    const model = await valueModels.pin(signal)
    pins[model.digest]!++
    return model
  }
  const declared = { models: Object.keys(shifts), attributeSet: set.name }
  return {
    log,
    given,
    pins,
    promote: (name: Name) => promoteModel(log, models, name, declared),
    rollback: () => rollbackModel(log, models, 'value'),
    /** Two servers of a model join; returns what makes them leave. */
    join: async (name: Name, latencyMs = 10) => {
      const started = [1, 2].map(() => startContractServer({ shift: shifts[name], latencyMs, scores: true }))
      const servers = await Promise.all(started)
      onTestFinished(() => Promise.all(servers.map(server => server.stop())).then(() => undefined))
      for (const { url } of servers) fleet.addEndpoint({ url, model: name })
      return () => Promise.all(servers.map(({ url }) => fleet.removeEndpoint(url)))
    },
    run: () =>
      new PipelineRun({
        log,
        nodes: pipeline.filter(({ name }) => name === 'annotate'),
        deadLetters: deadLetters.name,
        capabilities: { valueModels: { pin: counted } } as unknown as Capabilities,
        options: () => ({}),
        concurrency: () => 64,
        window: () => 256,
        sourcesEnded: () => true,
        untilIdle: true,
      }).run(),
    /** Waits until so many records are annotated. */
    until: async (count: number) => {
      const done = async () => (await log.state(annotated.name)).reduce((sum, { end }) => sum + Number(end), 0)
      while ((await done()) < count) await sleep(5)
    },
  }
}

/** Checks that every record is there once, labelled by one model as by hand; returns how many each model labelled. */
async function labelledBy({ log, given }: Awaited<ReturnType<typeof annotating>>) {
  const read = reader(annotated)
  const found: Conversation[] = []
  for await (const { value } of readAll(log, annotated.name)) found.push(read(value))
  expect(found.map(({ steerflow }) => steerflow.id).sort()).toEqual(given.map(({ steerflow }) => steerflow.id).sort())
  expect((await log.state(deadLetters.name)).every(({ end }) => end === 0n)).toBe(true)
  const counts: Record<string, number> = { A: 0, B: 0 }
  const wrong = found.filter(record => {
    const name = record.steerflow.value_model as Name
    counts[name]!++
    const byHand = labelsBy(shifts[name], record)
    const asByHand = record.conversations.every(({ label }, turn) => label === byHand[turn])
    return !asByHand || record.steerflow.lineage.models.join() !== name
  })
  expect(wrong).toEqual([])
  return counts
}

test('the two models differ in every label', () => {
  const [record] = fourTurns(1)
  const [a, b] = [labelsBy(shifts.A, record!), labelsBy(shifts.B, record!)]
  expect(a.every((label, turn) => label !== b[turn])).toBe(true)
})

test('promoted, rolled back and promoted again under load: every record has one model, and finishes on it', async () => {
  const fleet = await annotating(2000, 30_000)
  const { pins, until } = fleet
  const leaveA = await fleet.join('A')
  await fleet.promote('A')
  const running = fleet.run()
  await until(300)
  await fleet.join('B')
  expect(pins.B).toBe(0)
  await fleet.promote('B')
  await until(800)
  const before = { ...pins }
  expect(before.B).toBeGreaterThan(0)
  await fleet.rollback()
  await until(1300)
  expect(pins.A).toBeGreaterThan(before.A!)
  await fleet.promote('B')
  await until(1700)
  await leaveA()
  await running
  const counts = await labelledBy(fleet)
  // As many as were pinned: none began again on another.
  expect(counts).toEqual(pins)
  expect(Math.min(counts.A!, counts.B!)).toBeGreaterThan(300)
})

test('a model whose servers leave in the middle: its records begin again with the active one, from their first turn', async () => {
  const fleet = await annotating(300, 200)
  const leaveA = await fleet.join('A', 40)
  await fleet.promote('A')
  const running = fleet.run()
  await fleet.until(40)
  await fleet.join('B')
  await fleet.promote('B')
  await leaveA()
  await running
  const counts = await labelledBy(fleet)
  expect(counts.B).toBeGreaterThan(200)
  expect(fleet.pins.A).toBeGreaterThan(counts.A!)
  expect(fleet.pins.B).toBe(counts.B)
})

test('where the active model is absent too, records wait until it is back', async () => {
  const fleet = await annotating(240, 100)
  const leaveA = await fleet.join('A', 40)
  await fleet.promote('A')
  let ended = false
  const running = fleet.run().then(() => (ended = true))
  await fleet.until(4)
  await leaveA()
  await sleep(800)
  expect(ended).toBe(false)
  await fleet.join('A')
  await running
  expect(await labelledBy(fleet)).toEqual({ A: 240, B: 0 })
})
