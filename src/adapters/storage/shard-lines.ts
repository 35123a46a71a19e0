import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { SteerflowError } from '../../domain/errors.js'
import type { ShardManifest } from '../../domain/shard.js'
import { digested } from './digested.js'
import { storing } from './durable.js'
import type { FileStore } from './file-store.js'
import type { FileFacts } from './line-file.js'

/** Lines without line ends, in batches; a batch comes from one read. */
export type Lines = AsyncIterable<readonly string[]>

/** The lines of a file, including a last line without a line end. */
export const fileLines = (path: string): Lines =>
  linesOf(createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>)

/** The lines of a byte stream, as bytes; a line within one piece shares its memory. */
export async function* byteLines(chunks: AsyncIterable<Buffer>): AsyncIterable<readonly Buffer[]> {
  let rest: Buffer[] = []
  for await (const chunk of chunks) {
    const lines: Buffer[] = []
    let from = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const line = chunk.subarray(from, end)
      lines.push(rest.length === 0 ? line : Buffer.concat([...rest, line]))
      rest = []
      from = end + 1
    }
    if (from < chunk.byteLength) rest.push(chunk.subarray(from))
    if (lines.length > 0) yield lines
  }
  if (rest.length > 0) yield [Buffer.concat(rest)]
}

/** The lines of a byte stream. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): Lines {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    if (lines.length > 0) yield lines
  }
  rest += decoder.decode()
  if (rest !== '') yield [rest]
}

/**
 * The lines of a shard as bytes, checked against its manifest on the way: reading to the end proves that the file is intact.
 * @throws STEERFLOW_STORAGE if the file is missing or differs from its manifest
 */
export async function* shardLines(files: FileStore, manifest: ShardManifest): AsyncIterable<readonly Buffer[]> {
  let records = 0
  let bytes = 0
  const pieces = digested(noLonger(files.read(manifest.path), manifest), manifest.bytes)
  const seen = async function* (): AsyncIterable<Buffer> {
    for await (const piece of pieces) {
      bytes += piece.byteLength
      yield piece
    }
  }
  const lines = byteLines(seen())[Symbol.asyncIterator]()
  try {
    for (;;) {
      const batch = await storing(`read ${manifest.path}`, async () => {
        const next = await lines.next()
        if (!next.done && !next.value.every(line => isUtf8(line))) throw new TypeError('it is not UTF-8')
        return next
      })
      if (batch.done) break
      records += batch.value.length
      yield batch.value
    }
  } finally {
    await lines.return?.()
  }
  mustMatch(manifest, { records, bytes, sha256: await pieces.sha256() })
}

/**
 * Passes pieces of a file through up to its expected size; a longer file may never end, or be a single line.
 * @throws STEERFLOW_STORAGE
 */
export async function* noLonger(
  pieces: AsyncIterable<Buffer>,
  { path, bytes: most }: { readonly path: string; readonly bytes: number },
): AsyncIterable<Buffer> {
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.byteLength
    if (bytes > most)
      throw new SteerflowError('STEERFLOW_STORAGE', `${path} is not what was written: it has more than ${most} bytes`)
    yield piece
  }
}

function mustMatch(manifest: ShardManifest, found: FileFacts): void {
  for (const fact of ['bytes', 'records', 'sha256'] as const) {
    if (found[fact] === manifest[fact]) continue
    const message = `${manifest.path} is not what was sealed: ${fact} ${found[fact]} instead of ${manifest[fact]}`
    throw new SteerflowError('STEERFLOW_STORAGE', message)
  }
}
