import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import type { CompressionTypes } from 'kafkajs'
import { SteerflowError } from '../../../domain/errors.js'
import { optionalPackage } from '../../optional-package.js'
import { CompressionCodecs, CompressionTypes as Types } from './kafkajs.js'
import type { KafkaSettings } from './settings.js'

/** Bytes to fewer bytes and back. */
export interface Codec {
  compress(bytes: Buffer): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

type Call = (input: Buffer, done: (error: Error | null, output: Buffer) => void) => void

/** What Node has from 22.15 and 23.8 on; its types here are those of the oldest Node that is supported. */
const { zstdCompress, zstdDecompress } = zlib as { readonly zstdCompress?: Call; readonly zstdDecompress?: Call }

/** The first bytes of a frame, and no more. */
const TORN = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0])

/**
 * Zstandard by Node itself, or by WebAssembly where it has none. Node 22 takes a frame that ends early for a short one,
 * and records would be missing without a word; there, WebAssembly reads.
 */
export async function openZstd(): Promise<Codec> {
  const node = nodeZstd()
  if (!node) return wasmZstd()
  const seesTorn = await node.decompress(TORN).then(
    () => false,
    () => true,
  )
  if (seesTorn) return node
  const reader = await wasmZstd()
  return { compress: bytes => node.compress(bytes), decompress: bytes => reader.decompress(bytes) }
}

/** Off the main thread; null where Node is too old. */
export const nodeZstd = (): Codec | null =>
  zstdCompress && zstdDecompress ? { compress: promisify(zstdCompress), decompress: promisify(zstdDecompress) } : null

const LEVEL = 3
const FIRST_ROOM = 2 ** 20
const MOST_ROOM = 2 ** 29
/** "The room for the output is too small", as the library numbers it. */
const TOO_SMALL = /-70$/

let wasm: Promise<Codec> | undefined

/** On the main thread: some milliseconds for a batch of a megabyte. Once a process: a second `init` breaks the first. */
export const wasmZstd = (): Promise<Codec> => (wasm ??= loadWasm())

async function loadWasm(): Promise<Codec> {
  const { init, compress, decompress } = await import('@bokuweb/zstd-wasm')
  await init()
  return {
    compress: async input => asBuffer(compress(input, LEVEL)),
    decompress: async input => {
      // Java writes frames that do not say how large they become; the library then needs to be told what to reserve.
      for (let room = Math.max(FIRST_ROOM, input.length * 8); ; room *= 4) {
        try {
          return asBuffer(decompress(input, { defaultHeapSize: room }))
        } catch (error) {
          if (!(error instanceof Error && TOO_SMALL.test(error.message)) || room > MOST_ROOM) throw error
        }
      }
    },
  }
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength)

/**
 * Snappy as Java writes it: a header, then blocks, each behind its length. Others (librdkafka, and we) write one block
 * and nothing around it; what is read may be either.
 */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
/** The magic, its version, and the oldest version that can read it. */
const HEADER_BYTES = MAGIC.length + 8

const isHeader = (bytes: Buffer, at: number): boolean => bytes.subarray(at, at + MAGIC.length).equals(MAGIC)

/**
 * The blocks of raw Snappy in a buffer, which share its memory.
 * @throws RangeError when it ends in the middle of a block.
 */
export function snappyBlocks(bytes: Buffer): readonly Buffer[] {
  if (!isHeader(bytes, 0)) return [bytes]
  const blocks: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    // Streams that were written one after the other each begin with a header.
    if (isHeader(bytes, at)) {
      at += HEADER_BYTES
      continue
    }
    const begin = at + 4
    at = begin + bytes.readUInt32BE(at)
    if (at > bytes.length) throw new RangeError('a block of Snappy ends early')
    blocks.push(bytes.subarray(begin, at))
  }
  return blocks
}

type Name = Exclude<KafkaSettings['compression'], 'none' | 'gzip'>

/** Each package is loaded when the first batch of its kind comes by, and not before. */
const openers: Readonly<Record<Name, () => Promise<Codec>>> = {
  snappy: async () => {
    const { compress, uncompressSync } = await optionalPackage(
      'snappy',
      "Kafka's compression snappy",
      () => import('snappy'),
    )
    return {
      compress,
      // Java's blocks are of 32 KiB: handing each to another thread costs more than it saves.
      decompress: async bytes => Buffer.concat(snappyBlocks(bytes).map(block => Buffer.from(uncompressSync(block)))),
    }
  },
  lz4: async () => {
    const { compressFrame, decompressFrame } = await optionalPackage(
      'lz4-napi',
      "Kafka's compression lz4",
      () => import('lz4-napi'),
    )
    return {
      compress: bytes => compressFrame(bytes),
      decompress: async bytes => {
        if (!isWholeFrame(bytes)) throw new RangeError('a frame of LZ4 ends early')
        return decompressFrame(bytes)
      },
    }
  },
  zstd: openZstd,
}

/**
 * Whether a frame of LZ4 has its end mark, before the checksum of the content if its flags say that there is one. The
 * library takes a frame that stops between two blocks for a short one, and records would be missing without a word.
 */
function isWholeFrame(bytes: Buffer): boolean {
  const hasChecksum = ((bytes[4] ?? 0) & 4) !== 0
  const mark = bytes.length - (hasChecksum ? 8 : 4)
  return mark >= 7 && bytes.readUInt32LE(mark) === 0
}

/** What kafkajs calls each compression. */
export const compressionTypes: Readonly<Record<KafkaSettings['compression'], CompressionTypes>> = {
  none: Types.None,
  gzip: Types.GZIP,
  snappy: Types.Snappy,
  lz4: Types.LZ4,
  zstd: Types.ZSTD,
}

/**
 * A codec of which nothing is loaded before it is used. Its errors are not retried by kafkajs.
 * @throws STEERFLOW_PACKAGE_MISSING or STEERFLOW_KAFKA_FAILED when it does not load on this machine, STEERFLOW_LOG_CORRUPT for damaged bytes.
 */
export function lazyCodec(name: Name): Codec {
  let opening: Promise<Codec> | undefined
  const opened = () =>
    (opening ??= openers[name]().catch((cause: unknown) => {
      if (cause instanceof SteerflowError) throw Object.assign(cause, { retriable: false })
      throw final('STEERFLOW_KAFKA_FAILED', `the compression ${name} is not to be had on this machine`, cause)
    }))
  return {
    compress: async bytes => (await opened()).compress(bytes),
    decompress: async bytes => {
      const codec = await opened()
      return codec.decompress(bytes).catch((cause: unknown) => {
        throw final('STEERFLOW_LOG_CORRUPT', `a batch that says it is ${name} cannot be read`, cause)
      })
    },
  }
}

/** kafkajs tries everything again that does not say that this is of no use. */
const final = (code: 'STEERFLOW_KAFKA_FAILED' | 'STEERFLOW_LOG_CORRUPT', message: string, cause: unknown): Error =>
  Object.assign(new SteerflowError(code, message, { cause }), { retriable: false })

/** Makes kafkajs, which only brings gzip, read and write every compression that Kafka has. May be called again. */
export function registerCodecs(): void {
  for (const name of Object.keys(openers) as Name[]) {
    const codec = lazyCodec(name)
    const forKafka = {
      // kafkajs passes its encoder when it writes and the bytes when it reads.
      compress: ({ buffer }: { readonly buffer: Buffer }) => codec.compress(buffer),
      decompress: (bytes: Buffer) => codec.decompress(bytes),
    }
    const registry: Record<number, () => unknown> = CompressionCodecs
    registry[compressionTypes[name]] = () => forKafka
  }
}
