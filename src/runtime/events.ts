import type { Made } from '../stages/stage.js'
import type { WaitEvent } from './waits.js'

/** An event for an operator's log. It contains nothing of a record's content. */
export type RunEvent =
  | { readonly event: 'assigned' | 'lost'; readonly node: string; readonly partition: number; readonly offset: string }
  | {
      readonly event: 'cut'
      readonly node: string
      readonly partition: number
      readonly reason: string
      /** Records of the group; some may have become dead letters. */
      readonly records: number
      readonly from: string
      readonly to: string
      /** The products of the group, e.g. the files of a seal. */
      readonly made: readonly Made[]
    }
  | {
      readonly event: 'dead-letter'
      readonly node: string
      readonly code: string
      readonly partition: number
      readonly offset: string
    }
  | {
      /**
       * `waiting`: something that the node needs is unavailable. `paused`: the partition failed, and is retried at growing
       * intervals. Reported once, until it works again.
       */
      readonly event: 'waiting' | 'paused'
      readonly node: string
      readonly partition: number
      readonly code: string
      readonly cause: string
    }
  /** A wait for something that only others can provide, or for something large to load. */
  | WaitEvent
  | { readonly event: 'resumed'; readonly node: string; readonly partition: number; readonly seconds: number }
  | {
      /** Most of the last records of a node became dead letters for a reason of their own; reported once. */
      readonly event: 'many-dead-letters'
      readonly node: string
      readonly code: string
      readonly letters: number
      readonly records: number
    }
  | { readonly event: 'failed'; readonly node: string; readonly code: string; readonly cause: string }

/** Called with events; must not throw. */
export type Report = (event: RunEvent) => void
