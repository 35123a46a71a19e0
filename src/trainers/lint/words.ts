import type { PromptTokens } from '../../domain/prompt-tokens.js'

/** A text with every character made visible, without quotes around it. */
export const visible = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^\x20-\x7e]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Three tokens, one after another. */
export const spelled = ({ system, turn, label }: PromptTokens): string => [system, turn, label].map(visible).join(' ')
