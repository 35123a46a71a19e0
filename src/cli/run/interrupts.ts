/**
 * Turns SIGINT and SIGTERM into an abort, for an orderly end; a second signal ends the process at once, which loses
 * nothing either.
 */
export function interrupts(): { readonly signal: AbortSignal; release(): void } {
  const control = new AbortController()
  const handle = (): void => {
    if (control.signal.aborted) process.exit(130)
    control.abort()
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  return {
    signal: control.signal,
    release: () => {
      process.off('SIGINT', handle)
      process.off('SIGTERM', handle)
    },
  }
}
