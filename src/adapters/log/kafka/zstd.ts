import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { type Codec } from './codec.js'

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
