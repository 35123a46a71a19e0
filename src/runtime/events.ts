/** Something worth a line in an operator's log. Nothing of a record's content is in it. */
export type RunEvent =
  | { readonly event: 'assigned' | 'lost'; readonly node: string; readonly partition: number; readonly offset: string }
  | {
      readonly event: 'cut'
      readonly node: string
      readonly partition: number
      readonly reason: string
      readonly records: number
      readonly to: string
    }
  | {
      readonly event: 'dead-letter'
      readonly node: string
      readonly code: string
      readonly partition: number
      readonly offset: string
    }
  | { readonly event: 'failed'; readonly node: string; readonly code: string; readonly cause: string }

/** Told of events; must not throw. */
export type Report = (event: RunEvent) => void
