import { describe, expect, it } from 'vitest'
import type { Protocol } from '../../../src/adapters/inference/protocols/protocol.js'
import { protocols } from '../../../src/adapters/inference/protocols/protocols.js'
import { serverEntries } from '../../../src/cli/annotate-file/servers.js'

const local = { host: 'localhost', portNum: 1424 }

describe('the servers of a command line', () => {
  it.each([
    ['host and port', {}, ['http://localhost:1424'], null],
    ['URLs', { endpoints: ['http://a', 'http://b'] }, ['http://a', 'http://b'], null],
    ['a file', { endpointsFile: 'f' }, [], 'f'],
    ['both', { endpoints: ['http://a'], endpointsFile: 'f' }, ['http://a'], 'f'],
  ])('are named by %s', (_, flags, urls, file) => {
    const spec = serverEntries({ ...local, ...flags })
    expect(spec.entries.map(({ url }) => url)).toEqual(urls)
    expect(spec.file).toBe(file)
  })

  it('all speak what the flags say', () => {
    const said = { modelName: 'm', guided: 'gbnf', apiKeyEnv: 'KEY' }
    const { entries } = serverEntries({ ...local, endpoints: ['http://a'], serverProtocol: 'openai-chat', ...said })
    expect(entries).toMatchObject([{ protocol: 'openai-chat', ...said }])
  })

  it('speak what a flow brings', () => {
    const rater = { takes: ['model'], make: () => ({}) as Protocol }
    const own = { ...protocols, rater }
    const flags = { ...local, endpoints: ['http://a'], serverProtocol: 'rater', modelName: 'm' }
    const spec = serverEntries(flags, own)
    expect(spec).toMatchObject({ entries: [{ protocol: 'rater', modelName: 'm' }], protocols: own })
    expect(() => serverEntries(flags)).toThrow(/--server-protocol rater: expected one of nemo-generate, /)
  })

  it.each([
    ['a name for NeMo', { modelName: 'm' }, '--model-name: '],
    ['label lines of NeMo', { guided: 'gbnf' }, '--guided: '],
    ['a key that is no name of a variable', { apiKeyEnv: 'sk-s3cret' }, '--api-key-env: '],
    ['two keys', { apiKeyEnv: 'A', apiKeyFile: 'b' }, '--api-key-file: '],
    ['a protocol for the servers of a file', { endpointsFile: 'f', serverProtocol: 'openai-chat' }, 'set it there'],
  ])('%s is an error of usage', (_, flags, message) => {
    expect(() => serverEntries({ ...local, ...flags })).toThrow(message)
    expect(() => serverEntries({ ...local, ...flags })).toThrow(expect.objectContaining({ code: 'STEERFLOW_USAGE' }))
    expect(() => serverEntries({ ...local, ...flags })).not.toThrow('s3cret')
  })
})
