import { constants } from 'node:os'
import { exitCodes, type ExitCode } from '../command.js'

/** Signals that request a clean stop, with the exit codes for unfinished commands. */
const codes = {
  SIGHUP: exitCodes.hangUp,
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
} as const satisfies Partial<Record<NodeJS.Signals, ExitCode>>
type Handled = keyof typeof codes

/**
 * A repeated signal within this time counts as the same request: `npm start` and others forward a signal that the terminal
 * already sent to all processes. In milliseconds.
 */
const sameWishMs = 200

let ended: ExitCode | null = null

/** Exit code for the signal that requested the end of this process; null if there was none. */
export const signalCode = (): ExitCode | null => ended

export interface Interrupts {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  release(): void
}

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an abort, for a clean stop. A second signal ends the process at once with 128 plus
 * the signal's number, which loses nothing either.
 */
export function interrupts(now: () => number = () => performance.now()): Interrupts {
  const control = new AbortController()
  let first: { readonly name: Handled; readonly at: number } | null = null
  const handle = (name: Handled): void => {
    if (first === null) {
      first = { name, at: now() }
      ended = codes[name]
      control.abort()
    } else if (name !== first.name || now() - first.at > sameWishMs) process.exit(128 + constants.signals[name])
  }
  const names = Object.keys(codes) as Handled[]
  for (const name of names) process.on(name, handle)
  return {
    signal: control.signal,
    release: () => {
      for (const name of names) process.off(name, handle)
    },
  }
}
