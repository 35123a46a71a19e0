import { isMasked } from '../formats/speakers.js'
import type { Turn } from '../conversation.js'
import { digest } from '../digest.js'

/** The parts of a conversation that prompts depend on; every speaker except `mask` answers. */
export interface Spoken {
  readonly system: string
  readonly mask: string
  readonly turns: readonly Turn[]
}

/** A conversation that ends where an answer is due. */
export interface DuePrompt {
  readonly prompt_id: string
  readonly system: string
  readonly mask: string
  readonly turns: Turn[]
  /** The speaker of the answer. */
  readonly speaker: string
  /** The answer that followed; null if none did. */
  readonly reference: string | null
}

/** Identifies a prompt by its words, not by its labels: the same prompt in every round, whatever model scored it. */
export const promptId = (system: string, turns: readonly Pick<Turn, 'from' | 'value'>[]): string =>
  digest('prompt', system, ...turns.flatMap(({ from, value }) => [from, value]))

/** The indices of the answers: turns of every speaker except `mask` that have a turn before them. */
const answers = ({ turns, mask }: Spoken): number[] =>
  turns.flatMap(({ from }, index) => (index > 0 && !isMasked(from, mask) ? [index] : []))

const dueAt = ({ system, mask, turns }: Spoken, at: number): DuePrompt => ({
  prompt_id: promptId(system, turns.slice(0, at)),
  system,
  mask,
  turns: turns.slice(0, at),
  speaker: turns[at]!.from,
  reference: turns[at]!.value,
})

/** Every context of a conversation that ends before an answer. */
export const contexts = (conversation: Spoken): DuePrompt[] => answers(conversation).map(at => dueAt(conversation, at))

/** The context that ends with the user's first turn that is answered; null if none is. */
export function firstTurn(conversation: Spoken): DuePrompt | null {
  const { turns, mask } = conversation
  const at = answers(conversation).find(index => isMasked(turns[index - 1]!.from, mask))
  return at === undefined ? null : dueAt(conversation, at)
}

/** The whole conversation if an answer is due after it, otherwise the part before its last answer; null if it has none. */
export function lastDue(conversation: Spoken): DuePrompt | null {
  const { system, mask, turns } = conversation
  if (!turns.at(-1) || !isMasked(turns.at(-1)!.from, mask)) {
    const at = answers(conversation).at(-1)
    return at === undefined ? null : dueAt(conversation, at)
  }
  const speaker = turns.find(({ from }) => !isMasked(from, mask))?.from ?? 'Assistant'
  return { prompt_id: promptId(system, turns), system, mask, turns: [...turns], speaker, reference: null }
}
