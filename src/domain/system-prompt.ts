const stock =
  'A chat between a curious user and an artificial intelligence assistant. ' +
  "The assistant gives helpful, detailed, and polite answers to the user's questions."

/** The system prompt of NeMo's preprocessing; the two line ends are part of it (steerlm-scripts §1). */
export const nemoSystemPrompt = `${stock}\n\n`

/** The system prompt of NeMo-Aligner's scripts, without line ends (steerlm-scripts §5). */
export const alignerSystemPrompt = stock
