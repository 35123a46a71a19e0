import { constants } from 'node:os'
import { exitCodes, type ExitCode } from '../command.js'

/** The signals that ask for an orderly end, with the exit code of a command that they ended before its work was done. */
const codes = {
  SIGHUP: exitCodes.hangUp,
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
} as const satisfies Partial<Record<NodeJS.Signals, ExitCode>>
type Handled = keyof typeof codes

/**
 * Within this time the same signal is the same wish: `npm start` and others pass on what the terminal sent to all of them.
 */
const sameWishMs = 200

let ended: ExitCode | null = null

/** The exit code for the signal that has asked this process to end; null while none has. */
export const signalCode = (): ExitCode | null => ended

export interface Interrupts {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  release(): void
}

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an abort, for an orderly end. A second signal ends the process at once, which loses
 * nothing either, with 128 and the signal's number.
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
