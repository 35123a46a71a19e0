import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isSecretName, redacted, redactedLine } from '../../../src/cli/log/redact.js'

const canary = 'c4nary'
const secretNames = ['apiKey', 'api_key', 'X-API-Key', 'Authorization', 'clientSecret', 'sslKeyPassword', 'Set-Cookie']

/** Anything that an event may hold, with the canary under secret names only. */
const { value } = fc.letrec(tie => ({
  leaf: fc.oneof(fc.integer(), fc.constant(null), fc.boolean(), fc.bigInt(), fc.string()),
  secret: fc.constantFrom<unknown>(canary, [canary], { inner: canary }, new Map([['x', canary]]), Buffer.from(canary)),
  object: fc
    .tuple(
      fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 3 }),
      fc.constantFrom(...secretNames),
      tie('secret'),
    )
    .map(([fields, name, secret]) => ({ ...fields, [name]: secret })),
  value: fc.oneof(
    { maxDepth: 12 },
    tie('leaf'),
    tie('object'),
    fc.array(tie('object'), { maxLength: 2 }),
    tie('object').map(inner => new Map([['m', inner]])),
    tie('object').map(inner => new Set([inner])),
    tie('object').map(inner => Object.assign(new Error('e', { cause: inner }), inner)),
    tie('object').map(inner => ({ toJSON: () => inner })),
  ),
}))

it('shows nothing that stands under a secret name, at any depth', () => {
  fc.assert(fc.property(value, event => !JSON.stringify(redacted({ event })).includes(canary)))
})

it('shows the rest as it is', () => {
  const event = { node: 'clean', tokens: 12, maxTokens: 5, list: [1n, { key: 'k' }], at: new Date(0), none: undefined }
  expect(redacted(event)).toEqual({
    node: 'clean',
    tokens: 12,
    maxTokens: 5,
    list: ['1', { key: 'k' }],
    at: '1970-01-01T00:00:00.000Z',
    none: undefined,
  })
  expect(redacted(new TypeError('bad', { cause: new Error('worse') }))).toMatchObject({
    type: 'TypeError',
    message: 'bad',
    cause: { message: 'worse' },
  })
})

it('ends with whatever it is given', () => {
  const loop: Record<string, unknown> = {}
  loop.self = loop
  let deep: object = {}
  for (let level = 0; level < 100_000; level++) deep = { deep }
  const bad = {
    get broken(): never {
      throw new Error('no')
    },
  }
  const shown = JSON.stringify(redacted({ loop, deep, bad, page: 'x'.repeat(1e6) }))
  expect(shown).toMatch(/\[circular\].*\[deep\].*\[unreadable\]/)
  expect(shown.length).toBeLessThan(10_000)
})

it('knows a secret by its name, however it is spelled', () => {
  for (const name of [...secretNames, 'token', 'accessToken', 'CLIENT_SECRET', 'passwd', 'awsSecretAccessKey'])
    expect(isSecretName(name), name).toBe(true)
  for (const name of ['tokens', 'key', 'node', 'keyId', 'promptTokens', 'secrets.length'])
    expect(isSecretName(name), name).toBe(false)
})

it.each([
  ['http://me:c4nary@host/x', 'http://[redacted]@host/x'],
  ['sent Authorization: Bearer c4nary.x-y, refused', 'sent Authorization: Bearer [redacted], refused'],
  ['http://host/x?a=1&access_token=c4nary&b=2', 'http://host/x?a=1&access_token=[redacted]&b=2'],
  ['http://host/x?key=c4nary', 'http://host/x?key=[redacted]'],
  ['a key=value, mail a@b.c, http://host/@x', 'a key=value, mail a@b.c, http://host/@x'],
])('cuts a secret out of a text: %s', (text, shown) => {
  expect(redactedLine(text)).toBe(shown)
})

it('takes a time that grows with the line and not with its square', () => {
  const took = (unit: string) => {
    const line = unit.repeat(400_000 / unit.length)
    const began = process.cpuUsage()
    redactedLine(line)
    return process.cpuUsage(began).user / 1000
  }
  const units = ['http://', 'http://a', '?', '?a-', '&token', 'Bearer ', 'Bearer', ' ', 'a', '@', '&sig=', 'ab://x@']
  for (const unit of units) expect(took(unit), unit).toBeLessThan(400)
})
