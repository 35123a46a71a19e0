import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import type { CompressionTypes } from 'kafkajs'
import { SteerflowError } from '../../../domain/errors.js'
import { optionalPackage } from '../../optional-package.js'
import { CompressionCodecs, CompressionTypes as Types } from './kafkajs.js'
import type { KafkaSettings } from './settings.js'

export interface Codec {
  compress(bytes: Buffer): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

type Call = (input: Buffer, done: (error: Error | null, output: Buffer) => void) => void

/** Available in Node from 22.15 and 23.8; the types here are those of the oldest supported Node. */
const { zstdCompress, zstdDecompress } = zlib as { readonly zstdCompress?: Call; readonly zstdDecompress?: Call }

/** The first bytes of a frame, without the rest. */
const TORN = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0])

/**
 * Zstandard by Node itself, or by WebAssembly if Node has none. Node 22 accepts a truncated frame as a short one, so
 * that records would be lost silently; there, WebAssembly decompresses.
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

/** Runs off the main thread; null if Node is too old. */
export const nodeZstd = (): Codec | null =>
  zstdCompress && zstdDecompress ? { compress: promisify(zstdCompress), decompress: promisify(zstdDecompress) } : null

const LEVEL = 3
const FIRST_ROOM = 2 ** 20
const MOST_ROOM = 2 ** 29
/** The library's error number for "destination buffer is too small". */
const TOO_SMALL = /-70$/

let wasm: Promise<Codec> | undefined

/**
 * Runs on the main thread: some milliseconds per megabyte. Loaded once per process: a second `init` breaks the first.
 */
export const wasmZstd = (): Promise<Codec> => (wasm ??= loadWasm())

async function loadWasm(): Promise<Codec> {
  const { init, compress, decompress } = await import('@bokuweb/zstd-wasm')
  await init()
  return {
    compress: async input => asBuffer(compress(input, LEVEL)),
    decompress: async input => {
      // Java writes frames without their decompressed size; the library then needs the size of the buffer to reserve.
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
 * The header of Snappy streams from Java: after it come length-prefixed blocks. Others (librdkafka, and we) write a
 * single block without header; both are readable.
 */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
/** The magic, its version, and the oldest version that can read it. */
const HEADER_BYTES = MAGIC.length + 8

const isHeader = (bytes: Buffer, at: number): boolean => bytes.subarray(at, at + MAGIC.length).equals(MAGIC)

/**
 * The blocks of raw Snappy in a buffer, which share its memory.
 * @throws RangeError if it ends in the middle of a block.
 */
export function snappyBlocks(bytes: Buffer): readonly Buffer[] {
  if (!isHeader(bytes, 0)) return [bytes]
  const blocks: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    // Each of several concatenated streams starts with a header.
    if (isHeader(bytes, at)) {
      at += HEADER_BYTES
      continue
    }
    const begin = at + 4
    at = begin + bytes.readUInt32BE(at)
    if (at > bytes.length) throw new RangeError('a Snappy block is truncated')
    blocks.push(bytes.subarray(begin, at))
  }
  return blocks
}

type Name = Exclude<KafkaSettings['compression'], 'none' | 'gzip'>

/** Each package is loaded at the first batch of its kind. */
const openers: Readonly<Record<Name, () => Promise<Codec>>> = {
  snappy: async () => {
    const { compress, uncompressSync } = await optionalPackage(
      'snappy',
      "Kafka's compression snappy",
      () => import('snappy'),
    )
    return {
      compress,
      // Java's blocks have 32 KiB: passing each to another thread costs more than it saves.
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
        if (!isWholeFrame(bytes)) throw new RangeError('an LZ4 frame is truncated')
        return decompressFrame(bytes)
      },
    }
  },
  zstd: openZstd,
}

/**
 * True if an LZ4 frame has its end mark, which precedes an optional content checksum. The library accepts a frame that
 * is truncated between two blocks as a short one, so that records would be lost silently.
 */
function isWholeFrame(bytes: Buffer): boolean {
  const hasChecksum = ((bytes[4] ?? 0) & 4) !== 0
  const mark = bytes.length - (hasChecksum ? 8 : 4)
  return mark >= 7 && bytes.readUInt32LE(mark) === 0
}

export const compressionTypes: Readonly<Record<KafkaSettings['compression'], CompressionTypes>> = {
  none: Types.None,
  gzip: Types.GZIP,
  snappy: Types.Snappy,
  lz4: Types.LZ4,
  zstd: Types.ZSTD,
}

/**
 * A codec that is loaded at its first use. kafkajs does not retry its errors.
 * @throws STEERFLOW_PACKAGE_MISSING or STEERFLOW_KAFKA_FAILED if it does not load on this machine,
 *   STEERFLOW_LOG_CORRUPT for damaged bytes.
 */
export function lazyCodec(name: Name): Codec {
  let opening: Promise<Codec> | undefined
  const opened = () =>
    (opening ??= openers[name]().catch((cause: unknown) => {
      if (cause instanceof SteerflowError) throw Object.assign(cause, { retriable: false })
      throw final('STEERFLOW_KAFKA_FAILED', `the compression ${name} is not available on this machine`, cause)
    }))
  return {
    compress: async bytes => (await opened()).compress(bytes),
    decompress: async bytes => {
      const codec = await opened()
      return codec.decompress(bytes).catch((cause: unknown) => {
        throw final('STEERFLOW_LOG_CORRUPT', `a batch that is marked as ${name} cannot be decompressed`, cause)
      })
    },
  }
}

/** kafkajs retries every error that is not marked as final. */
const final = (code: 'STEERFLOW_KAFKA_FAILED' | 'STEERFLOW_LOG_CORRUPT', message: string, cause: unknown): Error =>
  Object.assign(new SteerflowError(code, message, { cause }), { retriable: false })

/** Makes kafkajs, which only includes gzip, read and write every compression of Kafka. May be called again. */
export function registerCodecs(): void {
  for (const name of Object.keys(openers) as Name[]) {
    const codec = lazyCodec(name)
    const forKafka = {
      // kafkajs passes its encoder to compress, but bytes to decompress.
      compress: ({ buffer }: { readonly buffer: Buffer }) => codec.compress(buffer),
      decompress: (bytes: Buffer) => codec.decompress(bytes),
    }
    const registry: Record<number, () => unknown> = CompressionCodecs
    registry[compressionTypes[name]] = () => forKafka
  }
}
