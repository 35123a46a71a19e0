const stock =
  'A chat between a curious user and an artificial intelligence assistant. ' +
  "The assistant gives helpful, detailed, and polite answers to the user's questions."

/**
 * The system prompt of NeMo's preprocessing; the two line ends are part of it
 * (docs/reference/original-scripts.md#system-prompt).
 */
export const nemoSystemPrompt = `${stock}\n\n`

/** The system prompt of NeMo-Aligner's scripts, without line ends. */
export const alignerSystemPrompt = stock
