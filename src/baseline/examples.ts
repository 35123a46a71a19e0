import { type AttributeSet, attributeSet, attributeSets } from '../domain/attributes.js'
import type { Turn } from '../domain/conversation.js'
import { digest } from '../domain/digest.js'
import { SteerflowError } from '../domain/errors.js'
import { parseLabel } from '../domain/label-line.js'
import type { TurnInContext } from './turn.js'

/** A turn in its context, with human scores. */
export interface LabelledTurn extends TurnInContext {
  readonly tree: string
  /** Human scores by attribute key; attributes that people did not score are absent. */
  readonly scores: ReadonlyMap<string, number>
  /** Language code of the label; null if it has none. */
  readonly language: string | null
}

/** The training examples: distinct turns, and the attribute set of their labels. */
export interface Examples {
  readonly turns: readonly LabelledTurn[]
  readonly attributeSet: AttributeSet
  /** The speaker whose turns count as the user's. */
  readonly user: string
}

/** The parts of a training line that are read. */
export interface TrainingLine {
  readonly conversations: readonly Pick<Turn, 'value' | 'from' | 'label'>[]
  readonly tree_id: string
  readonly mask: string
  readonly steerflow: { readonly attribute_set: string }
}

/** The set with that name. A configured set is derived from the labels, with its keys in the order of the longest label. */
function setOf(name: string, turns: readonly LabelledTurn[]): AttributeSet {
  if (name in attributeSets) return attributeSet(name)
  const longest = turns.reduce<readonly string[]>(
    (keys, { scores }) => (scores.size > keys.length ? [...scores.keys()] : keys),
    [],
  )
  const attributes = longest.map(key => {
    const seen = turns.map(turn => turn.scores.get(key)).filter(score => score !== undefined)
    return { key, min: Math.min(...seen), max: Math.max(...seen) }
  })
  return { name, attributes, language: turns.some(turn => turn.language !== null) }
}

/**
 * The turn without scores outside the scale. People rate on the scale, so such a score is an error of the source, and one
 * huge number would distort every prediction.
 */
function onScale({ attributes }: AttributeSet, turn: LabelledTurn): LabelledTurn {
  const scale = new Map(attributes.map(attribute => [attribute.key, attribute]))
  const fits = ([key, score]: [string, number]): boolean => {
    const attribute = scale.get(key)
    return attribute === undefined || (score >= attribute.min && score <= attribute.max)
  }
  return { ...turn, scores: new Map([...turn.scores].filter(fits)) }
}

/**
 * Gathers labelled turns from the lines of a dataset. Conversations are the paths of a tree and share its turns: a turn in
 * its context (the path up to it) counts once.
 */
export class ExampleCollector {
  private readonly seen = new Set<string>()
  private readonly turns: LabelledTurn[] = []
  private first: TrainingLine | null = null

  /** @throws STEERFLOW_JOB_INVALID when lines are labelled with different attribute sets, STEERFLOW_RECORD_INVALID */
  add(line: TrainingLine): void {
    this.first ??= line
    const [ours, theirs] = [this.first.steerflow.attribute_set, line.steerflow.attribute_set]
    if (ours !== theirs) {
      throw new SteerflowError('STEERFLOW_JOB_INVALID', `the dataset mixes the attribute sets ${ours} and ${theirs}`)
    }
    let path = digest(line.tree_id, line.mask)
    line.conversations.forEach((turn, turnsBefore) => {
      path = digest(path, turn.from, turn.value)
      if (this.seen.has(path)) return
      this.seen.add(path)
      const { scores: scored, lang: language } = parseLabel(turn.label ?? '')
      const scores = new Map(Object.entries(scored))
      if (scores.size === 0 && language === null) return
      const before = line.conversations[turnsBefore - 1]?.value ?? null
      const user = turn.from === line.mask
      this.turns.push({ text: turn.value, before, turnsBefore, user, tree: line.tree_id, scores, language })
    })
  }

  /** @throws STEERFLOW_JOB_INVALID when no turn was labelled. */
  examples(): Examples {
    if (this.first === null || this.turns.length === 0) {
      throw new SteerflowError('STEERFLOW_JOB_INVALID', 'the dataset has no labelled turn to learn from')
    }
    const set = setOf(this.first.steerflow.attribute_set, this.turns)
    return { turns: this.turns.map(turn => onScale(set, turn)), attributeSet: set, user: this.first.mask }
  }
}
