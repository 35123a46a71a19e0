import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { SteerflowError } from '../../domain/errors.js'

/** The reader of an output has closed it; the remaining output is discarded. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

/** Standard output or standard error of the process. */
export interface OutputStream {
  /**
   * Writes a whole chunk, in the order of the calls. Resolves when the reader can take more.
   * @throws ReaderGone, STEERFLOW_OUTPUT_BROKEN; every later call throws the same error
   */
  write(chunk: string | Uint8Array): Promise<void>
  /** Bytes written but not yet received by the reader. */
  readonly waiting: number
  /** Resolves when the reader has received everything. @throws like `write` */
  drained(): Promise<void>
}

/** Opens standard output or standard error; `name` is used in error messages. */
export const openOutput = (stream: NodeJS.WriteStream & { readonly fd: number }, name: string): OutputStream =>
  // A Socket is a pipe, a socket or a terminal. The rest are files and devices, for which Node ignores partial writes.
  (stream as object) instanceof Socket ? streamOutput(stream, name) : fileOutput(stream.fd, name)

function failureOf(error: NodeJS.ErrnoException, name: string): Error {
  if (error.code === 'EPIPE' || error.code === 'ECONNRESET') return new ReaderGone(`${name} has no reader`)
  return new SteerflowError('STEERFLOW_OUTPUT_BROKEN', `${name} cannot be written`, { cause: error })
}

function streamOutput(stream: NodeJS.WriteStream, name: string): OutputStream {
  let failure: Error | null = null
  let waiting = 0
  let whenDrained: (() => void)[] = []
  // The callbacks below also receive the error; without a listener it would end the process.
  stream.on('error', (error: NodeJS.ErrnoException) => (failure ??= failureOf(error, name)))
  const check = (): void => {
    if (failure) throw failure
  }
  const written = (bytes: number, error: Error | null | undefined): void => {
    waiting -= bytes
    if (error) failure ??= failureOf(error, name)
    if (waiting > 0) return
    for (const resolve of whenDrained) resolve()
    whenDrained = []
  }
  return {
    get waiting() {
      return waiting
    },
    write: async chunk => {
      check()
      const bytes = Buffer.byteLength(chunk)
      if (bytes === 0) return
      waiting += bytes
      await new Promise<void>(resolve => {
        const room = stream.write(chunk, error => {
          written(bytes, error)
          resolve()
        })
        if (room) resolve()
      })
      check()
    },
    drained: async () => {
      if (waiting > 0) await new Promise<void>(resolve => whenDrained.push(resolve))
      check()
    },
  }
}

function fileOutput(fd: number, name: string): OutputStream {
  let failure: Error | null = null
  return {
    waiting: 0,
    write: async chunk => {
      if (failure) throw failure
      try {
        writeAll(fd, typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk)
      } catch (error) {
        throw (failure = failureOf(error as NodeJS.ErrnoException, name))
      }
    },
    drained: async () => {
      if (failure) throw failure
    },
  }
}

/** A nearly full disk accepts only part of a write, and reports that only in the count. */
function writeAll(fd: number, bytes: Uint8Array): void {
  let at = 0
  while (at < bytes.length) at += writeSync(fd, bytes, at)
}
