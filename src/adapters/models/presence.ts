import { SteerflowError } from '../../domain/errors.js'

export interface Waiting {
  /** Aborts the work. */
  readonly signal: AbortSignal
  /** What is missing, for the message. */
  readonly model: string
  /** How long it may be missing, in milliseconds. */
  readonly absentMs: number
  /** Milliseconds between two looks. */
  readonly pollMs: number
}

/**
 * Does something for as long as a model has an endpoint: when it has had none for `absentMs`, the work is aborted.
 * @throws STEERFLOW_MODEL_ABSENT (transient) then, and what the work throws.
 */
export async function whilePresent<T>(
  present: () => boolean,
  work: (signal: AbortSignal) => Promise<T>,
  { signal, model, absentMs, pollMs }: Waiting,
): Promise<T> {
  const gone = new AbortController()
  let since: number | null = null
  const look = setInterval(
    () => {
      if (present()) since = null
      else since ??= performance.now()
      if (since === null || performance.now() - since < absentMs) return
      gone.abort(new SteerflowError('STEERFLOW_MODEL_ABSENT', `no endpoint serves ${model} any more`))
    },
    Math.min(pollMs, absentMs),
  )
  const stop = (): void => gone.abort(signal.reason)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  try {
    return await work(gone.signal)
  } finally {
    clearInterval(look)
    signal.removeEventListener('abort', stop)
  }
}
