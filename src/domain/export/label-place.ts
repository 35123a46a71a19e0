import type { Conversation } from '../conversation.js'
import { SteerflowError } from '../errors.js'
import { hasScores } from '../label-line.js'

/** Where a format that knows only speakers and texts has the label line. */
export const labelPlaces = ['system', 'user', 'assistant', 'none'] as const
export type LabelPlace = (typeof labelPlaces)[number]

/** What a place means for training, as a paragraph for the card. */
export const describePlace: Readonly<Record<LabelPlace, string>> = {
  system:
    'The label line of the last labelled reply is the last line of the system prompt. It describes that reply only: ' +
    'learn the last reply, or one with several replies learns earlier ones under a label that is not theirs.',
  user: 'The label line of a reply is the last line of the turn before it: a model reads it and does not learn to write it.',
  assistant:
    'A reply begins with its label line, followed by a line end. Trainers that learn whole replies learn to write the ' +
    'line too; to leave it out, mask as far as the first line end of a reply.',
  none: 'Label lines are left out.',
}

/** A turn by role, its text with the label line where it belongs. */
export interface RoleTurn {
  readonly role: 'user' | 'assistant'
  readonly text: string
}

export interface PlacedLabels {
  readonly system: string
  readonly turns: readonly RoleTurn[]
}

const lines = (...parts: readonly string[]): string => parts.filter(part => part !== '').join('\n')

/**
 * The texts of a conversation by role, with its label lines in a place. The speaker who is masked is the user. Turns that
 * are no reply have no label, whatever the record says.
 * @throws STEERFLOW_USAGE for a record of which the label is learnt: read as a chat, the text would be.
 */
export function placeLabels({ conversations, system, mask, type }: Conversation, place: LabelPlace): PlacedLabels {
  if (type === 'TEXT_TO_VALUE' && place !== 'none') {
    const message = 'the snapshot trains a value model: its labels are learnt, and a chat has no place for that'
    throw new SteerflowError('STEERFLOW_USAGE', `${message}; export it as regression, or with --labels none`)
  }
  const labelOf = (index: number): string => {
    const turn = conversations[index]
    return turn && turn.from !== mask && hasScores(turn.label) ? turn.label : ''
  }
  const turns = conversations.map(({ from, value }, index): RoleTurn => {
    if (from !== mask) return { role: 'assistant', text: place === 'assistant' ? lines(labelOf(index), value) : value }
    return { role: 'user', text: place === 'user' ? lines(value, labelOf(index + 1)) : value }
  })
  if (place !== 'system') return { system, turns }
  const last = conversations.findLastIndex((_, index) => labelOf(index) !== '')
  return { system: last < 0 ? system : lines(system.replace(/(?<!\n)\n+$/, ''), labelOf(last)), turns }
}
