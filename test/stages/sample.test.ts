import { describe, expect, it } from 'vitest'
import { SteerflowError } from '../../src/domain/errors.js'
import type { Policies, Rounds } from '../../src/stages/needs.js'
import { sample } from '../../src/stages/sample.js'
import { testStage } from '../../src/stages/test-stage.js'
import { prompt, round } from '../support/rounds.js'

type Asked = Parameters<Policies['answer']>
const refused = new SteerflowError('STEERFLOW_INFERENCE_REFUSED', 'refused')

/** The stage with a model that answers with its seed, or fails at these numbers. */
function sampling(failures: Readonly<Record<number, unknown>> = {}, known: Partial<Rounds> = {}) {
  const asked: Asked[] = []
  const policies: Policies = {
    answer: async (...call) => {
      const index = asked.push(call) - 1
      if (Object.hasOwn(failures, index)) throw failures[index]
      return { text: `text ${call[2].sampling.seed}`, finish: 'stop', tokens: null }
    },
  }
  const rounds: Rounds = { of: async () => ({ round: round(), givenUp: false }), ...known }
  const run = async (given = prompt()) => {
    const [out] = await testStage(sample, given, { needs: { policies, rounds } })
    return out!.value
  }
  return { asked, run }
}

describe('the sample stage', () => {
  it.each(sample.examples.map(one => [one.title, one] as const))('%s', async (_, example) => {
    expect(await testStage(sample, example.given, { needs: sample.exampleNeeds!() })).toEqual(example.expect)
  })

  it("asks the round's model for the line of the prompt, as the round's plan draws", async () => {
    const { asked, run } = sampling()
    const out = await run()
    expect(out.candidates.map(({ index }) => index)).toEqual([0, 1, 2])
    expect(asked).toHaveLength(3)
    for (const [index, [model, request, drawing]] of asked.entries()) {
      expect(model).toBe('policy')
      expect(request).toEqual({ system: 'S', turns: prompt().turns, label: 'quality:4', speaker: 'Assistant' })
      const { seed } = out.candidates[index]!
      expect(drawing).toEqual({ sampling: { temperature: 0.7, topP: 0.9, topK: 0, seed }, maxTokens: 64 })
    }
    expect(out).toMatchObject({ ...prompt(), policy: 'policy' })
  })

  it('asks the same when it is asked again, and other seeds for another prompt', async () => {
    const [first, again] = [await sampling().run(), await sampling().run()]
    expect(again).toEqual(first)
    const other = await sampling().run(prompt({ prompt_id: 'other' }))
    const seeds = [...first.candidates, ...other.candidates].map(({ seed }) => seed)
    expect(new Set(seeds).size).toBe(6)
  })

  it('asks nothing for a round that was given up, and says so by having no answers', async () => {
    const { asked, run } = sampling({}, { of: async () => ({ round: round(), givenUp: true }) })
    expect((await run()).candidates).toEqual([])
    expect(asked).toEqual([])
  })

  it('asks nothing for a round that is closed', async () => {
    const closed = new SteerflowError('STEERFLOW_ROUND_CLOSED', 'closed')
    const { asked, run } = sampling({}, { of: () => Promise.reject(closed) })
    await expect(run()).rejects.toBe(closed)
    expect(asked).toEqual([])
  })

  it('leaves out an answer that fails permanently, as long as most do not', async () => {
    const out = await sampling({ 1: refused }).run()
    expect(out.candidates.map(({ index }) => index)).toEqual([0, 2])
    await expect(sampling({ 0: refused, 2: refused }).run()).rejects.toBe(refused)
  })

  it('what is no permanent failure is passed on, however few it hits', async () => {
    const outage = new SteerflowError('STEERFLOW_OUTAGE', 'away')
    await expect(sampling({ 2: outage }).run()).rejects.toBe(outage)
    await expect(sampling({ 0: refused, 2: new TypeError('unforeseen') }).run()).rejects.toThrow('unforeseen')
  })
})
