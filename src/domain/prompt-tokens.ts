/** The control strings of NeMo's chat template (docs/reference/loss-masks.md#prompt-tokens). */
export interface PromptTokens {
  /** Begins the system prompt. */
  readonly system: string
  /** Begins a turn. */
  readonly turn: string
  /** Begins an attribute line. */
  readonly label: string
}

/** The tokens of the data scripts. */
export const extraIdTokens: PromptTokens = { system: '<extra_id_0>', turn: '<extra_id_1>', label: '<extra_id_2>' }

/** The tokens of the tutorial's training commands: NUL, device control 1 and 2. */
export const controlTokens: PromptTokens = { system: '\x00', turn: '\x11', label: '\x12' }

/** The control strings of both templates: no text may contain any of them, whichever template is used. */
export const templateStrings: readonly string[] = [extraIdTokens, controlTokens].flatMap(({ system, turn, label }) => [
  system,
  turn,
  label,
])
