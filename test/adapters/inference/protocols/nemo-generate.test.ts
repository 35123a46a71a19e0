import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asciiJson, nemoGenerate } from '../../../../src/adapters/inference/protocols/nemo-generate.js'
import { asked, bodyOf } from './asked.js'

const classify = (status: number, body: string, count = 1, headers = {}) =>
  nemoGenerate.classify({ status, body, headers }, count)

describe('the NeMo protocol', () => {
  it('writes strings as ASCII, as Python does', () => {
    expect(asciiJson('é"\\\n\x7f😀')).toBe('"\\u00e9\\"\\\\\\n\\u007f\\ud83d\\ude00"')
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff)), codes => {
        const text = String.fromCharCode(...codes)
        const json = asciiJson(text)
        return JSON.parse(json) === text && /^[ -~]*$/.test(json)
      }),
    )
  })

  it('draws an answer as it is told to; greedily with the original body', () => {
    const drawn = { temperature: 0.7, topP: 0.9, topK: 50, seed: 5 }
    const greedily = bodyOf(nemoGenerate, asked('a'))
    const told = { temperature: 0.7, top_p: 0.9, top_k: 50, greedy: false }
    expect(bodyOf(nemoGenerate, { ...asked('a'), sampling: drawn })).toEqual({
      ...(greedily as object),
      ...told,
      random_seed: 5,
    })
    expect(bodyOf(nemoGenerate, { ...asked('a'), sampling: { ...drawn, seed: null } })).toEqual({
      ...(greedily as object),
      ...told,
    })
    expect(bodyOf(nemoGenerate, { ...asked('a'), sampling: { ...drawn, temperature: 0 } })).toEqual(greedily)
  })

  it('takes sentences, and raw scores where they are given', () => {
    expect(classify(200, '{"sentences": ["a"], "tokens": [[1]]}')).toEqual({
      kind: 'ok',
      answers: [{ kind: 'sentence', sentence: 'a', scores: null, tokens: null }],
    })
    expect(classify(200, '{"sentences": ["a"], "scores": [{"quality": 2.5}]}')).toEqual({
      kind: 'ok',
      answers: [{ kind: 'sentence', sentence: 'a', scores: { quality: 2.5 }, tokens: null }],
    })
    expect(classify(200, '{"sentences": ["a"], "scores": "odd"}')).toMatchObject({ kind: 'ok' })
  })

  it.each([
    ['poison', 200, '"top_p must be"'],
    ['poison', 400, '"Maximum number of sentences is 128"'],
    ['poison', 413, ''],
    ['poison', 422, ''],
    ['elsewhere', 200, '{"sentences": []}'],
    ['elsewhere', 200, '{"sentences": ["a", "b"]}'],
    ['elsewhere', 200, '{"sentences": [1]}'],
    ['elsewhere', 200, '{}'],
    ['elsewhere', 200, 'null'],
    ['elsewhere', 200, '<html>'],
    ['elsewhere', 500, '{"message": "Internal Server Error"}'],
    ['elsewhere', 408, ''],
    ['elsewhere', 504, ''],
    ['overloaded', 429, ''],
    ['overloaded', 503, ''],
    ['unavailable', 502, ''],
    ['unavailable', 404, '<!doctype html>'],
    ['unavailable', 401, ''],
    ['unavailable', 301, ''],
  ])('says %s of status %i with %s', (kind, status, body) => {
    expect(classify(status, body).kind).toBe(kind)
  })

  it('heeds Retry-After in seconds', () => {
    const retryAfterMs = (value: string) => {
      const verdict = classify(429, '', 1, { 'retry-after': value })
      return verdict.kind === 'overloaded' ? verdict.retryAfterMs : undefined
    }
    expect(retryAfterMs('2')).toBe(2000)
    expect(retryAfterMs('Wed, 21 Oct 2015 07:28:00 GMT')).toBeNull()
  })
})
