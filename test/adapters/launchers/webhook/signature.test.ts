import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSecret, signed, whyUnsigned } from '../../../../src/adapters/launchers/webhook/signature.js'
import { temporaryFolder } from '../../../support/temporary.js'

const secret = Buffer.from('a secret of many bytes')
const now = 1_700_000_000_000
const at = { now, toleranceMs: 300_000 }

describe('a signature', () => {
  it('is that of the example of Standard Webhooks', async () => {
    const example = await readSecret(
      { secretEnv: 'S', secretFile: '' },
      { S: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
    )
    const headers = signed(example, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', 1_614_265_330_000)
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  it('is that of its body, its id and its time', () => {
    const headers = signed(secret, 'id', 'body', now)
    expect(whyUnsigned(secret, { ...headers }, 'body', at)).toBeNull()
    expect(
      whyUnsigned(secret, { ...headers, 'webhook-signature': `v2,x ${headers['webhook-signature']}` }, 'body', at),
    ).toBeNull()
    const wrong = 'its signature is wrong'
    expect(whyUnsigned(secret, { ...headers }, 'body ', at)).toBe(wrong)
    expect(whyUnsigned(secret, { ...headers, 'webhook-id': 'other' }, 'body', at)).toBe(wrong)
    expect(whyUnsigned(Buffer.from('another secret of ours'), { ...headers }, 'body', at)).toBe(wrong)
    expect(whyUnsigned(secret, { ...headers, 'webhook-timestamp': '1700000001' }, 'body', at)).toBe(wrong)
    expect(whyUnsigned(secret, { ...headers, 'webhook-signature': 'v1,' }, 'body', at)).toBe(wrong)
  })

  it('holds for a while, before and after', () => {
    const headers = signed(secret, 'id', 'body', now)
    for (const seconds of [-300, 0, 300]) {
      expect(whyUnsigned(secret, { ...headers }, 'body', { ...at, now: now + seconds * 1000 })).toBeNull()
    }
    for (const seconds of [-301, 301]) {
      const late = { ...at, now: now + seconds * 1000 }
      expect(whyUnsigned(secret, { ...headers }, 'body', late)).toBe('its time is too far from ours')
    }
    expect(whyUnsigned(secret, {}, 'body', at)).toBe('it is not signed')
  })
})

describe('the secret', () => {
  it('comes from a variable or a file, and is never in a message', async () => {
    const file = join(await temporaryFolder(), 'secret')
    await writeFile(file, 'from a file, long enough\n')
    expect(String(await readSecret({ secretEnv: 'S', secretFile: file }, {}))).toBe('from a file, long enough')
    await expect(readSecret({ secretEnv: 'S', secretFile: '' }, {})).rejects.toThrow('the variable S has no secret')
    await expect(readSecret({ secretEnv: 'S', secretFile: '' }, { S: 'short' })).rejects.toThrow(
      /^(?!.*short).*16 bytes/,
    )
  })
})
