import type { Turn } from '../conversation.js'
import { digest } from '../digest.js'

/** A conversation as far as prompts depend on it; who is not `mask` answers. */
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
  /** Who answers. */
  readonly speaker: string
  /** The answer that followed; null where none did. */
  readonly reference: string | null
}

/** Tells prompts apart by what is said in them, not by labels: the same prompt in every round, whatever scored it. */
export const promptId = (system: string, turns: readonly Pick<Turn, 'from' | 'value'>[]): string =>
  digest('prompt', system, ...turns.flatMap(({ from, value }) => [from, value]))

/** The places at which an answer is due: of turns that somebody else than `mask` has, those with a turn before them. */
const answers = ({ turns, mask }: Spoken): number[] =>
  turns.flatMap(({ from }, index) => (index > 0 && from !== mask ? [index] : []))

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

/** The context that ends with the first turn of the user; null where nobody answers it. */
export function firstTurn(conversation: Spoken): DuePrompt | null {
  const { turns, mask } = conversation
  const at = answers(conversation).find(index => turns[index - 1]!.from === mask)
  return at === undefined ? null : dueAt(conversation, at)
}

/** The whole conversation where an answer is due to it, otherwise as far as before its last answer; null where there is none. */
export function lastDue(conversation: Spoken): DuePrompt | null {
  const { system, mask, turns } = conversation
  if (turns.at(-1)?.from !== mask) {
    const at = answers(conversation).at(-1)
    return at === undefined ? null : dueAt(conversation, at)
  }
  const speaker = turns.find(({ from }) => from !== mask)?.from ?? 'Assistant'
  return { prompt_id: promptId(system, turns), system, mask, turns: [...turns], speaker, reference: null }
}
