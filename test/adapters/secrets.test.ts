import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Secrets } from '../../src/adapters/secrets.js'
import { processorMs } from '../support/processor-time.js'

const forms: readonly ((secret: string) => string)[] = [
  secret => secret,
  secret => JSON.stringify(secret),
  secret => JSON.stringify(JSON.stringify(secret)),
  secret => encodeURIComponent(secret),
  secret => encodeURIComponent(secret).toLowerCase(),
  secret => new URLSearchParams({ secret }).toString(),
  secret => Buffer.from(secret).toString('base64'),
  secret => Buffer.from(secret).toString('base64url'),
  secret => Buffer.from(secret).toString('hex'),
]

it('no form of a key is left in a text', () => {
  const key = fc.stringMatching(/^[a-z0-9]{4}[\x21-\x7e]{0,30}$/)
  fc.assert(
    fc.property(key, fc.constantFrom(...forms.slice(0, 4), ...forms.slice(6)), (secret, form) => {
      const said = form(secret)
      fc.pre(said.toLowerCase() === said || form !== forms[4])
      expect(new Secrets({ authorization: `Bearer ${secret}` }).cut(`no: ${said}`)).not.toContain(
        said.replaceAll('"', ''),
      )
    }),
  )
})

it('name and password, other headers and queries are secrets; a host and a short text are none', () => {
  const basic = { authorization: `Basic ${Buffer.from('ann:correct horse').toString('base64')}` }
  expect(new Secrets(basic).cut('ann:correct horse, correct horse, correct%20horse, correct+horse')).not.toMatch(
    /horse/,
  )
  expect(new Secrets({ 'x-api-key': 'abcd/1234' }).cut('abcd\\/1234 abcd%2F1234 abcd%2f1234')).not.toMatch(/1234/)
  expect(new Secrets({}, ['http://u:pass%21word@h/metrics?token=query-token']).cut('pass!word query-token')).toBe(
    '[redacted] [redacted]',
  )
  expect(new Secrets({ host: 'gpu1.example', authorization: 'Bearer abc' }).cut('gpu1.example abc')).toBe(
    'gpu1.example abc',
  )
})

it('each character may be spelled in a way of its own', () => {
  const secret = `a"<&>'%+/b c\\é😀`
  const ways: readonly ((text: string) => string)[] = [
    text => new URLSearchParams([['', text]]).toString().slice(1),
    text => encodeURIComponent(encodeURIComponent(text)),
    text =>
      JSON.stringify(text).replaceAll(
        /[^ -~]|[<>&']/g,
        unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
    text => JSON.stringify(JSON.stringify(JSON.stringify(text))),
    text => [...text].map(char => `&#${char.codePointAt(0)};`).join(''),
    text => [...text].map(char => `&#x${char.codePointAt(0)!.toString(16).toUpperCase()};`).join(''),
    text => Buffer.from(text).toString('hex').toUpperCase(),
    text => encodeURIComponent(Buffer.from(text).toString('base64')),
    text => text.toUpperCase().replace('É', 'é'),
  ]
  for (const way of ways) {
    expect(new Secrets({ 'x-api-key': secret }).cut(`[${way(secret)}]`).replaceAll(/[\\"]/g, '')).toBe('[[redacted]]')
  }
})

it('a long text of what could begin a secret is searched in a moment', async () => {
  const secrets = new Secrets({ 'x-api-key': '\\\\\\%%%%&&&&key' })
  const text = ['\\', '%', '%25', '&amp;', '&#0'].map(part => part.repeat(10_000)).join('')
  expect(await processorMs(() => expect(secrets.cut(text)).toBe(text))).toBeLessThan(10_000)
})

it('secrets of thousands of characters, and one that was cut short behind its beginning', () => {
  const secrets = new Secrets()
  const tokens = Array.from({ length: 3 }, (_, index) => `${index}-`.padEnd(4000, `${index}abcXYZ%25_`))
  secrets.add(...tokens)
  const last = tokens.at(-1)!
  expect(secrets.cut(`a ${last} b ${encodeURIComponent(last)} c`)).toBe('a [redacted] b [redacted] c')
  expect(secrets.cut(`${last.slice(0, 100)}…`)).toBe('[redacted]…')
  expect(secrets.cut(`${last.slice(0, 20)}…`)).toBe(`${last.slice(0, 20)}…`)
})
