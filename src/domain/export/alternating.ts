import type { RoleTurn } from './label-place.js'

/** The rule of `alternating`, as a sentence for the card of an export. */
export const alternatingRule = (user: string, assistant: string): string =>
  `Every conversation begins with \`${user}\`, ends with \`${assistant}\` and alternates: replies before the first ` +
  'question and questions after the last reply are cut; conversations in which a speaker has two turns in a row are left out.'

/** The turns of a row, null if the record is left out, and what was cut or left out. */
export interface Alternating {
  readonly turns: readonly RoleTurn[] | null
  readonly counts: Readonly<Record<string, number>>
}

/**
 * Mends a conversation for trainers and chat templates that insist on questions and replies in turn, or leaves it out. Many
 * drop what does not alternate with a mere warning, or fail on it (docs/reference/training-tools.md#llama-factory).
 */
export function alternating(turns: readonly RoleTurn[]): Alternating {
  const from = turns.findIndex(({ role }) => role === 'user')
  const to = turns.findLastIndex(({ role }) => role === 'assistant') + 1
  const kept = from < 0 ? [] : turns.slice(from, to)
  if (kept.length === 0) return { turns: null, counts: { 'records left out: no question with a reply': 1 } }
  if (!kept.every(isInTurn)) return { turns: null, counts: { 'records left out: a speaker twice in a row': 1 } }
  const counts = {
    'turns cut: before the first question': from,
    'turns cut: after the last reply': turns.length - to,
  }
  return { turns: kept, counts }
}

const isInTurn = ({ role }: RoleTurn, index: number): boolean => (role === 'user') === (index % 2 === 0)
