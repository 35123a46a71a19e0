import { type Io, type ExitCode, exitCodes, type Session } from '../command.js'
import { printable } from './printable.js'

/** A session with the final state that `main` needs. */
export interface OpenSession extends Session {
  /** Why results could not be written; null if they could. */
  readonly failure: Error | null
  /** Resolves when all printed results are written, including unawaited ones. */
  settled(): Promise<void>
}

/** All output of a command passes through here. */
export function openSession(io: Io): OpenSession {
  let code: ExitCode = exitCodes.done
  let failure: Error | null = null
  const underWay = new Set<Promise<void>>()
  const failed = (error: unknown): Error => (failure ??= error instanceof Error ? error : new Error(String(error)))
  const write = (bytes: string | Uint8Array): Promise<void> => {
    const writing = (async () => {
      if (failure) throw failure
      try {
        await io.out(bytes)
      } catch (error) {
        throw failed(error)
      }
    })()
    // A caller that awaits the write gets its error; `settled` and `failure` cover the others.
    const told = writing.catch(() => undefined).finally(() => underWay.delete(told))
    underWay.add(told)
    return writing
  }
  const shown = (bytes: string | Uint8Array): string =>
    printable(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8'))
  return {
    interactive: io.interactive,
    columns: io.columns,
    out: text => write(printable(text)),
    json: (value, indent) => write(`${printable(JSON.stringify(value, null, indent))}\n`),
    data: bytes => write(io.terminal ? shown(bytes) : bytes),
    err: text => io.err(printable(text)),
    draw: text => io.err(text),
    exit: to => {
      code = to
    },
    get code() {
      return code
    },
    get failure() {
      return failure
    },
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay)
      await (io.drained?.() ?? Promise.resolve()).catch(failed)
    },
  }
}
