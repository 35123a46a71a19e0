/** What a worker is started with. */
export interface WorkerTask {
  /** Unlike that of every other start. */
  readonly name: string
  readonly brokers: readonly string[]
  readonly concurrency: number
  readonly window: number
  readonly via: 'http' | 'fleet'
  readonly urls: readonly string[]
  /** A second node that fails while this folder cannot be written to. */
  readonly folder?: string
  /** The data folder, where it is looked at the start whether it is the deployment's; `adopt` makes it that. */
  readonly store?: { readonly folder: string; readonly adopt: boolean }
}

/** Where a worker stands. */
export interface WorkerStatus {
  /** Records read and not committed, of each partition that is worked on. */
  readonly inFlight: Readonly<Record<number, number>>
  /** Calls under way. */
  readonly calls: number
}

export type FromWorker =
  | { readonly kind: 'joined' }
  | ({ readonly kind: 'status' } & WorkerStatus)
  | { readonly kind: 'assigned' | 'lost'; readonly partition: number; readonly offset: string }
  | { readonly kind: 'dead-letter'; readonly code: string; readonly partition: number; readonly offset: string }
  | {
      readonly kind: 'paused'
      readonly node: string
      readonly partition: number
      readonly code: string
      readonly cause: string
    }
  | { readonly kind: 'resumed'; readonly node: string; readonly partition: number }
  | { readonly kind: 'failed'; readonly code: string; readonly cause: string }
  /** Between the last record of a transaction and its commit, until told to go on. */
  | { readonly kind: 'held'; readonly id: string; readonly records: number }

export type ToWorker = 'hold' | 'go on'
