import { describe, expect, it } from 'vitest'
import { ownProtocol, type OwnProtocol } from '../../../../src/adapters/inference/protocols/own.js'
import type { Protocol, Verdict } from '../../../../src/adapters/inference/protocols/protocol.js'
import { protocolOf, protocols } from '../../../../src/adapters/inference/protocols/protocols.js'
import { attributeSets } from '../../../../src/domain/attributes.js'
import { asked, reply } from './asked.js'

const set = attributeSets['helpsteer-5@1']

const like = (over: Partial<Protocol>): Protocol => ({
  name: 'whatever',
  gives: 'scores',
  maxBatch: 2,
  request: () => ({ method: 'POST', path: '/rate', headers: {}, body: '' }),
  classify: () => ({ kind: 'elsewhere', reason: '' }),
  ...over,
})
const made = (own: OwnProtocol, options: object = {}) =>
  protocolOf('own', options, set, { own: ownProtocol('own', own) })
const verdictOf = (given: unknown, count = 1) =>
  made(like({ classify: () => given as Verdict })).classify(reply(200, ''), count)

describe('a protocol of a flow', () => {
  it('is alike for every server, or made of what its entry says and the set', () => {
    expect(made(like({}))).toMatchObject({ name: 'own', gives: 'scores', maxBatch: 2 })
    const protocol = made(
      ({ model, guided }, { name }) =>
        like({ request: () => ({ method: 'POST', path: `/${model}/${guided}/${name}`, headers: {}, body: '' }) }),
      { model: 'm', guided: 'gbnf' },
    )
    expect(protocol.request([asked('a')]).path).toBe('/m/gbnf/helpsteer-5@1')
  })

  it('is called as a method, whatever it is an instance of', () => {
    class Rater implements Protocol {
      readonly name = 'rater'
      readonly gives = 'text'
      readonly maxBatch = 1
      readonly path = '/rate'
      request = () => ({ method: 'POST' as const, path: this.path, headers: {}, body: '' })
      classify(): Verdict {
        return { kind: 'poison', reason: this.path }
      }
    }
    expect(made(new Rater()).classify(reply(400, ''), 1)).toEqual({ kind: 'poison', reason: '/rate' })
  })

  it('is held to the set as those that are built in', () => {
    const withLanguage = attributeSets['oasst-12-lang@1']
    const all = { ...protocols, own: ownProtocol('own', like({})) }
    expect(() => protocolOf('own', {}, withLanguage, all)).toThrow('own gives scores only')
    expect(() => protocolOf('other', {}, set, all)).toThrow(/known: nemo-generate, .*, own$/)
  })

  it.each<[what: string, own: unknown, message: RegExp]>([
    ['nothing', null, /own: /],
    ['no way to ask', like({ request: undefined as never }), /own\.request: expected a function/],
    ['requests of nothing', like({ maxBatch: 0 }), /own\.maxBatch: /],
    ['what it gives is not said', like({ gives: 'labels' as never }), /own\.gives: /],
    ['it fails', () => null!, /own: /],
    [
      'it throws',
      () => {
        throw new Error('no key')
      },
      /own cannot be created: no key/,
    ],
  ])('is refused where %s', (_, own, message) => {
    expect(() => made(own as OwnProtocol)).toThrow(message)
    expect(() => made(own as OwnProtocol)).toThrow(expect.objectContaining({ code: 'STEERFLOW_FLOW_INVALID' }) as Error)
  })

  it.each<[given: unknown]>([
    [{ kind: 'ok', answers: [{ kind: 'scores', scores: { helpfulness: 1 }, tokens: null }] }],
    [
      {
        kind: 'ok',
        answers: [{ kind: 'continuation', text: '', finish: 'stop', tokens: { prompt: 1, completion: 0 } }],
      },
    ],
    [{ kind: 'overloaded', reason: 'busy', retryAfterMs: null }],
    [{ kind: 'unavailable', reason: 'gone' }],
  ])('gives the verdict %j', given => {
    expect(verdictOf(given)).toEqual(given)
  })

  it.each<[given: unknown, reason: RegExp]>([
    [undefined, /^status 200, and own returns no valid verdict: /],
    [{ kind: 'fine' }, /returns no valid verdict: kind: /],
    [{ kind: 'ok', answers: [] }, /returns 0 answers for 1 prompts/],
    [
      { kind: 'ok', answers: [{ kind: 'scores', scores: { helpfulness: 'high' } }] },
      /answers: 0: scores: helpfulness: /,
    ],
    [Promise.resolve({ kind: 'ok', answers: [] }), /returns no valid verdict/],
  ])('that gives %j counts against the server', (given, reason) => {
    expect(verdictOf(given)).toEqual({ kind: 'elsewhere', reason: expect.stringMatching(reason) as string })
  })

  it('that throws counts against the server', () => {
    const protocol = made(like({ classify: ({ body }) => JSON.parse(body) as Verdict }))
    expect(protocol.classify(reply(200, '<html>'), 1)).toMatchObject({
      kind: 'elsewhere',
      reason: expect.stringMatching(/^status 200, and own cannot read the reply: /) as string,
    })
  })
})
