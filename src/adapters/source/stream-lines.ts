import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asSteerflowError } from '../../domain/errors.js'
import { isFlatMessage } from '../../domain/oasst/assemble.js'
import type { Stream, StreamLine } from '../../runtime/ingest-stream.js'
import { storedBytes, unreadable } from '../files/bytes.js'
import { readLines } from '../files/lines.js'
import { Pulled } from '../files/pulled.js'
import { endedLines } from '../files/spool.js'
import type { FullLine, Line, LongLine } from '../files/splitter.js'
import { type EnvelopeSettings, lineItem, readObject } from './envelope.js'
import { envelopeOf, inputName, type SourceOptions } from './open-source.js'

/**
 * True if an input arrives over time and can be read only once: standard input (`-`), a named pipe, `<(…)`, a socket or a
 * device.
 * @throws STEERFLOW_INPUT_NOT_FOUND
 */
export async function isStream(input: string): Promise<boolean> {
  if (input === '-') return true
  try {
    const about = await stat(input)
    return about.isFIFO() || about.isSocket() || about.isCharacterDevice()
  } catch (cause) {
    throw unreadable(input, cause)
  }
}

/** A stream of lines, and facts from its first lines. */
export interface OpenStream extends Stream {
  /** True if it has one message per line; trees are then built once all have arrived. */
  readonly flat: boolean
  /** Copies the whole stream to a file, in place of `batches`. */
  copied(): Promise<string>
  close(): Promise<void>
}

/**
 * Opens a stream of JSON lines (gzip is decompressed). Resolves when its first lines have arrived.
 * @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_INPUT_TORN
 */
export async function openStream(input: string, options: SourceOptions): Promise<OpenStream> {
  const name = inputName(input)
  const settings = envelopeOf(options)
  const spool = new Spool()
  const reading = readLines(input, options)
  const first = await reading.next()
  const batches = async function* (): AsyncGenerator<readonly Line[]> {
    if (!first.done) yield first.value
    yield* reading
  }
  const asStream = (lines: readonly Line[]) => lines.map(line => streamLine(line, settings))
  return {
    name,
    flat: options.format === undefined && !first.done && looksFlat(first.value),
    async *batches() {
      for await (const lines of batches()) yield asStream(lines)
    },
    keep: async lines => spool.add(lines.map(line => (line as KeptLine).line)),
    async *kept() {
      for await (const lines of spool.lines()) yield asStream(lines)
    },
    copied: async () => {
      const path = await spool.path('lines')
      for await (const bytes of endedLines(batches())) await appendFile(path, bytes)
      return path
    },
    close: async () => {
      // Not awaited: the stream may be waiting for a line that never comes.
      void reading.return(undefined).catch(() => undefined)
      if (input === '-') process.stdin.destroy()
      await spool.remove()
    },
  }
}

interface KeptLine extends StreamLine {
  readonly line: Line
}

const lineEnd = Buffer.from('\n')

export function streamLine(line: Line, settings: Omit<EnvelopeSettings, 'source'>): KeptLine {
  return {
    line,
    position: line.number - 1,
    bytes: bytesOf(line),
    torn: line.unended ? whyNotWhole(line) : null,
    item: source => lineItem(line, { ...settings, source }),
  }
}

/** The bytes of a line for digests: with a normalised line end; of a line that is too long, its digest. */
export const bytesOf = (line: Line): Buffer =>
  line.kind === 'line' ? Buffer.concat([line.bytes, lineEnd]) : Buffer.from(`${line.sha256} ${line.length}\n`)

function whyNotWhole(line: Line): string | null {
  try {
    readObject(line)
    return null
  } catch (error) {
    return asSteerflowError(error).message
  }
}

/** True if the first readable one of these lines is a message of a tree. */
function looksFlat(lines: readonly Line[]): boolean {
  for (const line of lines) {
    try {
      return isFlatMessage(readObject(line).record)
    } catch {
      // Not a record, but the next line may be one.
    }
  }
  return false
}

/** Records on disk, in the system's temporary folder. */
class Spool {
  #folder: string | null = null
  readonly #long = new Map<number, LongLine>()

  /** Appends each record behind its length, since an element may have line ends in its texts. */
  async add(lines: readonly Line[]): Promise<void> {
    const parts = lines.flatMap(line => {
      if (line.kind === 'too-long') this.#long.set(line.number, line)
      const { kind: _, ...about } = line
      const bytes = line.kind === 'line' ? line.bytes : Buffer.alloc(0)
      const head = Buffer.from(JSON.stringify({ ...about, bytes: undefined, head: undefined }))
      const lengths = Buffer.alloc(8)
      lengths.writeUInt32LE(head.length, 0)
      lengths.writeUInt32LE(bytes.length, 4)
      return [lengths, head, bytes]
    })
    await appendFile(await this.path('kept'), Buffer.concat(parts))
  }

  async *lines(): AsyncGenerator<readonly Line[]> {
    if (this.#folder === null) return
    const kept = new Pulled(storedBytes(await this.path('kept')))
    try {
      for (let lengths; (lengths = await kept.take(8));) {
        const about = JSON.parse(String(await kept.take(lengths.readUInt32LE(0)))) as Omit<FullLine, 'kind' | 'bytes'>
        const bytes = (await kept.take(lengths.readUInt32LE(4)))!
        yield [this.#long.get(about.number) ?? { kind: 'line', ...about, bytes }]
      }
    } finally {
      await kept.close()
    }
  }

  async path(name: string): Promise<string> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'steerflow-'))
    return join(this.#folder, name)
  }

  async remove(): Promise<void> {
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true })
  }
}
