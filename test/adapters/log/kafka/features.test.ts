import { expect, it } from 'vitest'
import { decodeFeatures, finalizedFeatures, requestBody } from '../../../../src/adapters/log/kafka/admin.js'

/** The end of what Apache Kafka 4.4.0 answered to ApiVersions 3, behind two of its rows of requests. */
const answer = Buffer.from(
  [
    // No error; two kinds of requests with their versions and no tags; no throttling.
    '0000 03 00000000000d00 00010004001200 00000000',
    // Three tags: 0 are the supported features.
    '03 00 17 02 116d657461646174612e76657273696f6e 0007001e 00',
    // 1 is the epoch.
    '01 08 000000000000010a',
    // 2 are the finalized features: name, highest and lowest level, no tags.
    '02 9101 07',
    '0e67726f75702e76657273696f6e 00010001 00',
    '1073747265616d732e76657273696f6e 00010001 00',
    '147472616e73616374696f6e2e76657273696f6e 00020002 00',
    '21656c696769626c652e6c65616465722e7265706c696361732e76657273696f6e 00010001 00',
    '0e73686172652e76657273696f6e 00010001 00',
    '116d657461646174612e76657273696f6e 001e001e 00',
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
)

it('the request is the one that a broker has answered', () => {
  expect(requestBody('steerflow', '1').toString('hex')).toBe('0a7374656572666c6f77023100')
})

it('the finalized features are read past everything else', () => {
  expect(Object.fromEntries(decodeFeatures(answer))).toEqual({
    'group.version': 1,
    'streams.version': 1,
    'transaction.version': 2,
    'eligible.leader.replicas.version': 1,
    'share.version': 1,
    'metadata.version': 30,
  })
})

it('a broker without features has none', () => {
  expect(decodeFeatures(Buffer.from('0000010000000000', 'hex')).size).toBe(0)
})

it('an error is thrown, and so is an answer that ends early', () => {
  expect(() => decodeFeatures(Buffer.from('0023010000000000', 'hex'))).toThrow('error 35')
  expect(() => decodeFeatures(answer.subarray(0, 120))).toThrow()
})

it('the request goes out as version 3 over a connection of the broker', async () => {
  const sent: unknown[] = []
  const connectionPool = {
    send: async (exchange: {
      readonly request: { readonly apiKey: number; readonly apiVersion: number; encode(): Promise<{ buffer: Buffer }> }
      readonly response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> }
    }) => {
      const { apiKey, apiVersion } = exchange.request
      sent.push([apiKey, apiVersion, (await exchange.request.encode()).buffer.toString('hex')])
      return exchange.response.parse(await exchange.response.decode(answer))
    },
  }
  const features = await finalizedFeatures({ findBroker: async () => ({ connectionPool }) as never }, '1')
  expect(sent).toEqual([[18, 3, '000a7374656572666c6f77023100']])
  expect(features.get('transaction.version')).toBe(2)
})
