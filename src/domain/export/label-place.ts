import type { Conversation } from '../conversation.js'
import { SteerflowError } from '../errors.js'
import { isMasked } from '../formats/speakers.js'
import { hasScores } from '../label-line.js'

/** Where the label line goes in a format that has only speakers and texts. */
export const labelPlaces = ['system', 'user', 'assistant', 'none'] as const
export type LabelPlace = (typeof labelPlaces)[number]

/** The consequence of a place for training, as a paragraph for the card. */
export const describePlace: Readonly<Record<LabelPlace, string>> = {
  system:
    'The label line of the last labelled reply is the last line of the system prompt. It describes that reply only: ' +
    'train on the last reply only, or earlier replies of a record are learnt under a label that is not theirs.',
  user: 'The label line of a reply is the last line of the turn before it: a model reads it and does not learn to write it.',
  assistant:
    'A reply begins with its label line, followed by a line end. Trainers that learn whole replies learn to write the ' +
    'line too; to leave it out, mask as far as the first line end of a reply.',
  none: 'Label lines are left out.',
}

/** A turn by role; its text contains the label line if that belongs there. */
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
 * The texts of a conversation by role, with its label lines in the given place. The masked speaker is the user. Turns that
 * are not replies have no label, whatever the record says.
 * @throws STEERFLOW_USAGE for a record whose label is learnt: in a chat, its text would be learnt instead.
 */
export function placeLabels({ conversations, system, mask, type }: Conversation, place: LabelPlace): PlacedLabels {
  if (type === 'TEXT_TO_VALUE' && place !== 'none') {
    const message = 'the snapshot trains a value model: its labels are learnt, and a chat has no place for that'
    throw new SteerflowError('STEERFLOW_USAGE', `${message}; export it as regression, or with --labels none`)
  }
  const labelOf = (index: number): string => {
    const turn = conversations[index]
    return turn && !isMasked(turn.from, mask) && hasScores(turn.label) ? turn.label : ''
  }
  const turns = conversations.map(({ from, value }, index): RoleTurn => {
    if (!isMasked(from, mask))
      return { role: 'assistant', text: place === 'assistant' ? lines(labelOf(index), value) : value }
    return { role: 'user', text: place === 'user' ? lines(value, labelOf(index + 1)) : value }
  })
  if (place !== 'system') return { system, turns }
  const last = conversations.findLastIndex((_, index) => labelOf(index) !== '')
  return { system: last < 0 ? system : lines(system.replace(/(?<!\n)\n+$/, ''), labelOf(last)), turns }
}
