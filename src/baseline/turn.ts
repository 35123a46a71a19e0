/** The input of the features: only what a prompt contains, so that serving sees the same as training. */
export interface TurnInContext {
  readonly text: string
  /** The text of the previous turn; null for the first turn. */
  readonly before: string | null
  readonly turnsBefore: number
  /** Whether the speaker is the one whose turns are not learnt (the record's mask). */
  readonly user: boolean
}
