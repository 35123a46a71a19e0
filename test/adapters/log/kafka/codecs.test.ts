import fc from 'fast-check'
import { CompressionCodecs } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import {
  type Codec,
  compressionTypes,
  lazyCodec,
  registerCodecs,
  nodeZstd,
  wasmZstd,
} from '../../../../src/adapters/log/kafka/codecs.js'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const HELLO = Buffer.from('hello')

/** Noise, and what compresses well: a piece many times over. */
const bytes = fc
  .tuple(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 0, max: 200 }))
  .map(([piece, times]) => Buffer.concat([piece, ...Array.from({ length: times }, () => piece.subarray(0, 100))]))

const node = nodeZstd()
const codecs: readonly (readonly [string, () => Promise<Codec>])[] = [
  ['snappy', async () => lazyCodec('snappy')],
  ['lz4', async () => lazyCodec('lz4')],
  ['zstd', async () => lazyCodec('zstd')],
  ['zstd as WebAssembly', wasmZstd],
]

describe.each(codecs)('%s', (_, open) => {
  test('gives back what it was given', async () => {
    const codec = await open()
    await fc.assert(
      fc.asyncProperty(bytes, async value => {
        expect(await codec.decompress(await codec.compress(value))).toEqual(value)
      }),
    )
  })

  test('takes text of several megabytes, and makes it much smaller', async () => {
    const codec = await open()
    const text = Buffer.from(Array.from({ length: 60_000 }, (__, i) => `{"id":${i},"text":"some words"}\n`).join(''))
    const small = await codec.compress(text)
    expect(small.length).toBeLessThan(text.length / 3)
    expect((await codec.decompress(small)).equals(text)).toBe(true)
  })
})

describe('what others write', () => {
  const raw = '05 10 68 65 6c 6c 6f'
  const header = '82 53 4e 41 50 50 59 00 00 00 00 01 00 00 00 01'
  const block = `00 00 00 07 ${raw}`
  test.each([
    ['raw Snappy of librdkafka', 'snappy', raw, 1],
    ['framed Snappy of Java', 'snappy', `${header} ${block}`, 1],
    ['framed Snappy of several blocks', 'snappy', `${header} ${block} ${block} ${block}`, 3],
    ['framed Snappy of two streams', 'snappy', `${header} ${block} ${header} ${block}`, 2],
    ['framed Snappy of nothing', 'snappy', header, 0],
    ['a frame of LZ4 as Java writes it', 'lz4', '04 22 4d 18 60 40 82 05 00 00 80 68 65 6c 6c 6f 00 00 00 00', 1],
    ['Zstandard that does not say its size', 'zstd', '28 b5 2f fd 00 58 29 00 00 68 65 6c 6c 6f', 1],
  ] as const)('%s', async (_, name, written, times) => {
    expect(String(await lazyCodec(name).decompress(hex(written)))).toBe('hello'.repeat(times))
  })

  test('Zstandard that does not say that it becomes megabytes', async () => {
    // 200 blocks of 100,000 times the same byte each.
    const header = (last: number) => {
      const bits = (100_000 << 3) | (1 << 1) | last
      return Buffer.from([bits & 255, (bits >> 8) & 255, bits >> 16, 0x61])
    }
    const blocks = Array.from({ length: 200 }, (_, i) => header(i === 199 ? 1 : 0))
    const frame = Buffer.concat([hex('28 b5 2f fd 00 58'), ...blocks])
    for (const codec of [await wasmZstd(), ...(node ? [node] : [])]) {
      const whole = await codec.decompress(frame)
      expect(whole.equals(Buffer.alloc(20_000_000, 'a'))).toBe(true)
    }
  })

  test.skipIf(node === null)('the two ways of Zstandard read each other', async () => {
    const wasm = await wasmZstd()
    expect(await node!.decompress(await wasm.compress(HELLO))).toEqual(HELLO)
    expect(await wasm.decompress(await node!.compress(HELLO))).toEqual(HELLO)
  })
})

test.each([
  ['snappy', '82 53 4e 41 50 50 59 00 00 00 00 01 00 00 00 01 00 00 00 ff 05'],
  ['snappy', '82 53 4e 41 50 50 59 00 00 00 00 01 00 00 00 01 00 00'],
  ['snappy', 'ff ff ff ff ff'],
  ['snappy', '05 10 68 65 6c'],
  ['lz4', '00 01 02 03 04'],
  ['lz4', '04 22 4d 18 60 40 82 05 00 00 80 68 65'],
  ['lz4', '04 22 4d 18 60 40 82 05 00 00 80 68 65 6c 6c 6f'],
  ['zstd', '28 b5 2f fd 00'],
  ['zstd', '28 b5 2f fd 00 58 29 00 00 68 65 6c'],
  ['zstd', '00 01 02 03 04'],
] as const)('damaged %s is told as such and not tried again: %s', async (name, written) => {
  const error: unknown = await lazyCodec(name)
    .decompress(hex(written))
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'STEERFLOW_LOG_CORRUPT', retriable: false })
  // It has done no harm.
  const codec = lazyCodec(name)
  expect(await codec.decompress(await codec.compress(HELLO))).toEqual(HELLO)
})

test('kafkajs finds every codec, and takes from its encoder', async () => {
  registerCodecs()
  for (const name of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const registry = CompressionCodecs as Record<number, () => unknown>
    const codec = registry[compressionTypes[name]]!() as {
      compress(encoder: { buffer: Buffer }): Promise<Buffer>
      decompress(bytes: Buffer): Promise<Buffer>
    }
    expect(await codec.decompress(await codec.compress({ buffer: HELLO }))).toEqual(HELLO)
  }
})
