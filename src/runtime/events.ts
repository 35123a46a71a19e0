import type { Made } from '../stages/stage.js'
import type { WaitEvent } from './waits.js'

/** Something worth a line in an operator's log. Nothing of a record's content is in it. */
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
      /** What the group became: of a seal its files. */
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
       * `waiting`: something that the node needs is away. `paused`: the partition failed, and is tried again with growing
       * waits. Told once, until it works again.
       */
      readonly event: 'waiting' | 'paused'
      readonly node: string
      readonly partition: number
      readonly code: string
      readonly cause: string
    }
  /** Something that only somebody else can bring is waited for, or something large is loaded. */
  | WaitEvent
  | { readonly event: 'resumed'; readonly node: string; readonly partition: number; readonly seconds: number }
  | {
      /** Most of the last records of a node became dead letters, for a reason that is theirs; told once. */
      readonly event: 'many-dead-letters'
      readonly node: string
      readonly code: string
      readonly letters: number
      readonly records: number
    }
  | { readonly event: 'failed'; readonly node: string; readonly code: string; readonly cause: string }

/** Told of events; must not throw. */
export type Report = (event: RunEvent) => void
