import { type CompressionTypes } from 'kafkajs'
import { SteerflowError } from '../../../domain/errors.js'
import { type Codec } from './codec.js'
import { CompressionCodecs, CompressionTypes as Types } from './kafkajs.js'
import { type KafkaSettings } from './settings.js'
import { snappyBlocks } from './snappy-xerial.js'
import { openZstd } from './zstd.js'

type Name = Exclude<KafkaSettings['compression'], 'none' | 'gzip'>

/** Each package is loaded when the first batch of its kind comes by, and not before. */
const openers: Readonly<Record<Name, () => Promise<Codec>>> = {
  snappy: async () => {
    const { compress, uncompressSync } = await import('snappy')
    return {
      compress,
      // Java's blocks are of 32 KiB: handing each to another thread costs more than it saves.
      decompress: async bytes => Buffer.concat(snappyBlocks(bytes).map(block => Buffer.from(uncompressSync(block)))),
    }
  },
  lz4: async () => {
    const { compressFrame, decompressFrame } = await import('lz4-napi')
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
 * @throws STEERFLOW_KAFKA_FAILED when its package does not load on this machine, STEERFLOW_LOG_CORRUPT for damaged bytes.
 */
export function lazyCodec(name: Name): Codec {
  let opening: Promise<Codec> | undefined
  const opened = () =>
    (opening ??= openers[name]().catch((cause: unknown) => {
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
