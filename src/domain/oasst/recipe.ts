import { attributeSets, type AttributeSet } from '../attributes.js'
import type { ConversationType } from '../conversation.js'
import { alignerSystemPrompt, nemoSystemPrompt } from '../system-prompt.js'

/** The four labels that NeMo-Aligner's script takes from OASST. */
const alignerSet: AttributeSet = {
  name: 'oasst-4@1',
  attributes: attributeSets['steerlm-9@1'].attributes.slice(0, 4),
  language: false,
}

/** How a message tree becomes conversations: one of the original scripts, or a more tolerant form of the first. */
export interface Recipe {
  /** The human labels to keep. With a language, turns get `lang`, and their labels end with it. */
  readonly set: AttributeSet
  /** Whether a turn with a language but no labels is refused: the original crashes on it. */
  readonly needsLabels: boolean
  /** Whether the user's turns have the label null, whatever their ratings. */
  readonly labelsReplies: boolean
  readonly system: string
  /** Whether a record has the key `tree_id`. */
  readonly treeId: boolean
  /** The default type. */
  readonly type: ConversationType
}

const nemo: Recipe = {
  set: attributeSets['oasst-12-lang@1'],
  needsLabels: true,
  labelsReplies: false,
  system: nemoSystemPrompt,
  treeId: true,
  type: 'TEXT_TO_VALUE',
}

export const recipes = {
  /** NeMo's `preprocessing.py`, releases 1.22 and later (docs/reference/original-scripts.md#preprocessing). */
  nemo,
  /** NeMo-Aligner's `preprocess_openassistant_data.py` (docs/reference/original-scripts.md#nemo-aligners-scripts). */
  'nemo-aligner': {
    set: alignerSet,
    needsLabels: false,
    labelsReplies: true,
    system: alignerSystemPrompt,
    treeId: false,
    type: 'VALUE_TO_TEXT',
  },
  /** NeMo's, except that a turn may have no labels. */
  stream: { ...nemo, needsLabels: false },
} as const satisfies Record<string, Recipe>
