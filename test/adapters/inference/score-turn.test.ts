import fc from 'fast-check'
import { describe, expect, it, afterEach } from 'vitest'
import type { Answer, Generation } from '../../../src/adapters/inference/protocols/protocol.js'
import { readScores, readText, withoutCutEnd, LabelVerification } from '../../../src/adapters/inference/score-turn.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import type { FaultRule } from '../../support/contract-server/faults.js'
import { digest } from '../../../src/domain/digest.js'
import { allRight, closeAll, fleetOf, serve } from './fleet-under-test.js'

const five = attributeSets['helpsteer-5@1']
const keys = five.attributes.map(({ key }) => key)
const scoresOf = (...values: number[]): Answer => ({
  kind: 'scores',
  scores: Object.fromEntries(values.map((value, index) => [keys[index]!, value])),
  tokens: null,
})

describe('scores as a label', () => {
  it.each([
    [
      [0.5, 1.5, 2.5, 3.5, 0.4999],
      [0, 2, 2, 4, 0],
    ],
    [
      [-0.75, -0, 4.5, 5.125, 99],
      [0, 0, 4, 4, 4],
    ],
  ])('are held to the scale and rounded half to even: %j', (raw, points) => {
    const { label, scores } = readScores(scoresOf(...raw), five)
    expect(label).toBe(keys.map((key, index) => `${key}:${points[index]}`).join(','))
    expect(Object.values(scores)).toEqual(raw)
  })

  it('come in the order of the set', () => {
    const answer = scoresOf(0, 1, 2, 3, 4)
    if (answer.kind !== 'scores') throw new Error('no scores')
    const turned: Answer = { ...answer, scores: Object.fromEntries(Object.entries(answer.scores).toReversed()) }
    expect(Object.keys(readScores(turned, five).scores)).toEqual(keys)
  })

  it('are none when one is missing, or a text came', () => {
    expect(() => readScores(scoresOf(0, 1, 2, 3), five)).toThrow('no score for verbosity')
    expect(() => readScores({ kind: 'continuation', text: '3', finish: 'stop', tokens: null }, five)).toThrow(
      'no score for helpfulness',
    )
  })
})

describe('a text', () => {
  const generation: Generation = {
    prompt: 'p:',
    maxTokens: 1,
    endStrings: ['\n', '<extra_id_1>'],
    line: null,
    turn: { system: '', turns: [] },
  }

  it('is the sentence of the server, or the prompt and what the server added', () => {
    const scores = { quality: 1.5 }
    expect(readText({ kind: 'sentence', sentence: 'q: 3', scores, tokens: null }, generation)).toEqual({
      sentence: 'q: 3',
      raw: scores,
    })
    expect(readText({ kind: 'continuation', text: '3<extra', finish: 'length', tokens: null }, generation)).toEqual({
      sentence: 'p:3',
      raw: {},
    })
    expect(() => readText(scoresOf(1), generation)).toThrow('returned scores instead of text')
  })

  it('loses the beginning of an end string that was cut off, and nothing else', () => {
    const ends = ['<extra_id_1>', '<|endoftext|>']
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-z,:]*$/), fc.constantFrom(...ends), fc.nat(20), (text, end, length) => {
        expect(withoutCutEnd(text + end.slice(0, Math.min(length, end.length - 1)), ends)).toBe(text)
      }),
    )
    expect(withoutCutEnd('a < b', ends)).toBe('a < b')
    expect(withoutCutEnd('', ends)).toBe('')
    expect(withoutCutEnd('a', [])).toBe('a')
  })
})

afterEach(closeAll)

describe('verification', () => {
  it('chooses its share, the same turns every time', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => digest(String(index)))
    const chosen = keys.filter(key => new LabelVerification(0.01).chosen(key))
    expect(chosen.length).toBeGreaterThan(150)
    expect(chosen.length).toBeLessThan(250)
    expect(keys.filter(key => new LabelVerification(0).chosen(key))).toEqual([])
    expect(keys.every(key => new LabelVerification(1).chosen(key))).toBe(true)
  })

  it('finds nothing where a server continues each prompt in one way', async () => {
    const fleet = fleetOf([await serve()], { verify: 1 })
    await allRight(fleet, 10)
    expect(fleet.stats().verified).toEqual({ turns: 10, differing: 0, byAttribute: {} })
    expect(fleet.stats().turnsScored).toBe(10)
  })

  it('counts the attributes that differ', () => {
    const verification = new LabelVerification(1)
    verification.compare({ label: 'quality:4,humor:1', scores: {} }, { label: 'quality:3,humor:1', scores: {} })
    verification.compare({ label: 'quality:4,humor:1', scores: {} }, { label: 'quality:4,humor:1', scores: {} })
    verification.compare({ label: 'quality:4,lang:en', scores: {} }, { label: 'quality:0,lang:de', scores: {} })
    expect(verification.result).toEqual({ turns: 3, differing: 2, byAttribute: { quality: 2, lang: 1 } })
  })

  it('loses nothing under faults', async () => {
    const faults: FaultRule[] = [{ fault: { kind: 'status', status: 500 }, every: 5 }]
    const fleet = fleetOf([await serve({ faults }), await serve()], { verify: 0.5, maxFailures: 8 })
    await allRight(fleet, 20)
  })
})
