import { type Made } from '../stages/stage.js'

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
      /** Something that the node needs is away; told once, until it works again. */
      readonly event: 'waiting'
      readonly node: string
      readonly partition: number
      readonly code: string
      readonly cause: string
    }
  | { readonly event: 'resumed'; readonly node: string; readonly partition: number; readonly seconds: number }
  | { readonly event: 'failed'; readonly node: string; readonly code: string; readonly cause: string }

/** Told of events; must not throw. */
export type Report = (event: RunEvent) => void
