import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attributeSets } from '../../../../src/domain/attributes.js'
import { keyHeaders } from '../../../../src/adapters/inference/endpoints/api-key.js'
import { partCredentials, shownUrl } from '../../../../src/adapters/inference/credentials.js'
import { addressOf, declared } from '../../../../src/adapters/inference/endpoints/declared.js'
import { EndpointEntries, EndpointEntry, entriesOf } from '../../../../src/adapters/inference/endpoints/entry.js'
import { readEndpointsFile } from '../../../../src/adapters/inference/endpoints/file.js'
import { nemoGenerate } from '../../../../src/adapters/inference/protocols/nemo-generate.js'
import { ownProtocol } from '../../../../src/adapters/inference/protocols/own.js'
import { protocols } from '../../../../src/adapters/inference/protocols/protocols.js'
import { temporaryFolder } from '../../../support/temporary.js'
import { complaintOf } from '../../../../src/adapters/plain-yaml.js'

describe('an entry', () => {
  it('may be a URL: then it is what it would be with all defaults', () => {
    expect(EndpointEntry.parse('http://a:1424')).toEqual(EndpointEntry.parse({ url: 'http://a:1424' }))
  })

  it.each([
    ['no URL', 'a:1424', /^0: /],
    ['another protocol', 'ftp://a', /^0: /],
    ['neither url nor dns', { protocol: 'openai-chat' }, /one of url and dns/],
    ['both', { url: 'http://a', dns: 'http://b' }, /one of url and dns/],
    ['a protocol that is not known', { url: 'http://a', protocol: 'smoke' }, /^0\.protocol: /],
    ['a key that is not known', { url: 'http://a', apiKey: 's3cret' }, /Unrecognized key: "apiKey"/],
    ['guided by NeMo', { url: 'http://a', guided: 'gbnf' }, /^0\.guided: belongs to openai/],
    ['a model name for NeMo', { url: 'http://a', modelName: 'm' }, /^0\.modelName: /],
    ['two keys', { url: 'http://a', apiKeyEnv: 'A', apiKeyFile: 'b' }, /^0\.apiKeyFile: /],
    ['a key in place of its variable', { url: 'http://a', apiKeyEnv: 'sk-s3cret' }, /^0\.apiKeyEnv: /],
    ['name servers without a name', { url: 'http://a', nameServers: ['127.0.0.1'] }, /^0\.nameServers: /],
    ['a name server by its name', { dns: 'http://a', nameServers: ['ns.example'] }, /^0\.nameServers\.0: /],
  ])('is not accepted with %s, and the message holds no value', (_, entry, message) => {
    const parsed = EndpointEntries.safeParse([entry])
    const complaint = complaintOf(parsed.error!)
    expect(`${complaint.path.join('.')}: ${complaint.message}`).toMatch(message)
    expect(complaint.message).not.toContain('s3cret')
  })

  it('speaks what a flow brings, in a file too; what it takes is known of it', async () => {
    const own = ownProtocol('rater', ({ model = '' }) => ({ ...nemoGenerate, maxBatch: model.length }))
    const all = { ...protocols, rater: own, plain: ownProtocol('plain', nemoGenerate) }
    const path = join(await temporaryFolder(), 'servers.json')
    await writeFile(path, JSON.stringify([{ url: 'http://a', protocol: 'rater', modelName: 'five' }]))
    const [entry] = await readEndpointsFile(path, all)
    const address = addressOf(declared(entry!, 'http://a', {}), attributeSets['oasst-12-lang@1'], all)
    expect(address.protocol).toMatchObject({ name: 'rater', maxBatch: 4 })
    await expect(readEndpointsFile(path)).rejects.toThrow(/0: protocol: .*"nemo-generate"/)
    const complaint = (given: object) => complaintOf(entriesOf(all).safeParse([given]).error!).message
    expect(complaint({ url: 'http://a', protocol: 'rates' })).toMatch(/"nemo-generate".*"rater"\|"plain"/)
    expect(complaint({ url: 'http://a', protocol: 'plain', modelName: 'm' })).toBe('plain sends no name')
    expect(complaint({ url: 'http://a', protocol: 'plain', guided: 'gbnf' })).toMatch(/openai-chat and rater/)
  })

  it('becomes what the fleet is told', () => {
    const entry = EndpointEntry.parse({
      url: 'http://a:8000/',
      model: 'digest',
      protocol: 'openai-completions',
      modelName: 'm',
      guided: 'regex-vllm',
      maxInFlight: 3,
      pricePerHour: 1.5,
      metricsUrl: 'http://a:8002/metrics',
    })
    const headers = { authorization: 'Bearer k' }
    const address = addressOf(declared(entry, entry.url!, headers), attributeSets['oasst-12-lang@1'])
    expect(address).toMatchObject({ url: 'http://a:8000', model: 'digest', headers, maxInFlight: 3, pricePerHour: 1.5 })
    expect(address).toMatchObject({ metricsUrl: 'http://a:8002/metrics', protocol: { name: 'openai-completions' } })
  })

  it('is refused where its protocol cannot give the labels', () => {
    const entry = EndpointEntry.parse({ url: 'http://a', protocol: 'triton-reward' })
    const address = (set: 'oasst-12-lang@1' | 'helpsteer-5@1') =>
      addressOf(declared(entry, 'http://a', {}), attributeSets[set])
    expect(() => address('oasst-12-lang@1')).toThrow('scores only')
    expect(address('helpsteer-5@1').protocol!.name).toBe('triton-reward')
  })
})

describe('a secret', () => {
  it('is no part of a URL that is shown', () => {
    expect(partCredentials('http://bob:s3cr%40t@a:1/base/')).toEqual({
      url: 'http://a:1/base',
      headers: { authorization: `Basic ${Buffer.from('bob:s3cr@t').toString('base64')}` },
    })
    expect(shownUrl('http://a:1/base?key=s3cret')).toBe('http://a:1/base')
  })

  it('comes from the environment, with the blanks around it taken off', async () => {
    const entry = EndpointEntry.parse({ url: 'http://a', apiKeyEnv: 'KEY' })
    expect(await keyHeaders(entry, { KEY: ' k1\n' })).toEqual({ authorization: 'Bearer k1' })
    await expect(keyHeaders(entry, {})).rejects.toThrow('KEY is empty')
    const error: unknown = await keyHeaders(entry, { KEY: 's3c\nret' }).catch((thrown: unknown) => thrown)
    expect(String(error)).toContain('is not a valid key')
    expect(String(error)).not.toContain('s3c')
  })
})
