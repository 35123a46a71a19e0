import { digest } from './digest.js'

/** The id of a thread that has none: conversations with the same beginning belong to one tree. */
export const threadId = (system: string | null, turns: readonly { readonly value: string }[]): string =>
  digest(system ?? '', turns[0]!.value)
