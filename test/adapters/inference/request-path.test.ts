import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pathBelow, serverRoot } from '../../../src/adapters/inference/request-path.js'

describe('the path of a request', () => {
  it.each([
    ['', '/v1/completions', '/v1/completions'],
    ['/', '/v1/completions', '/v1/completions'],
    ['/v1', '/v1/completions', '/v1/completions'],
    ['/v1/', '/v1/chat/completions', '/v1/chat/completions'],
    ['/v1/completions', '/v1/completions', '/v1/completions'],
    ['/gateway/v1', '/v1/completions', '/gateway/v1/completions'],
    ['/gateway', '/v1/completions', '/gateway/v1/completions'],
    ['/v1', '/generate', '/v1/generate'],
    ['/generate', '/generate', '/generate'],
    ['/proxy-v1', '/v1/completions', '/proxy-v1/v1/completions'],
    ['/v2/models/x', '/v2/models/x/infer', '/v2/models/x/infer'],
  ])('below %s, %s is %s', (base, path, expected) => {
    expect(pathBelow(base, path)).toBe(expected)
  })

  it('is the same whatever beginning of it the base already has', () => {
    const name = fc.stringMatching(/^[a-z]{1,5}$/)
    fc.assert(
      fc.property(fc.array(name), fc.uniqueArray(name, { minLength: 1 }), fc.nat(), (before, parts, n) => {
        fc.pre(!before.includes(parts[0]!))
        const base = before.map(part => `/${part}`).join('')
        const path = parts.map(part => `/${part}`).join('')
        const taken = parts.slice(0, n % (parts.length + 1)).map(part => `/${part}`)
        expect(pathBelow(base + taken.join(''), path)).toBe(base + path)
      }),
    )
  })
})

it.each([
  ['http://h:8000', 'http://h:8000'],
  ['http://h:8000/', 'http://h:8000'],
  ['http://h:8000/v1/', 'http://h:8000'],
  ['http://h/a/v1/chat/completions', 'http://h/a'],
  ['http://h/v1/completions', 'http://h'],
  ['http://h/v12', 'http://h/v12'],
])('other pages of %s are below %s', (url, root) => {
  expect(serverRoot(url)).toBe(root)
})
