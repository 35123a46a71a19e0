/** A turn with what the features look at: nothing that a prompt does not tell, so that serving sees what training saw. */
export interface TurnInContext {
  readonly text: string
  /** The text of the turn before, null for the first turn. */
  readonly before: string | null
  readonly turnsBefore: number
  /** Whether the speaker is the one whose turns are not learnt (the record's mask). */
  readonly user: boolean
}
