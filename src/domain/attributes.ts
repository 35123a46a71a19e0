import { SteerflowError } from './errors.js'

/** A numbered quality of a turn, on an integer scale from `min` to `max`. */
export interface Attribute {
  readonly key: string
  readonly min: number
  readonly max: number
}

/**
 * A versioned set of attributes: the keys of a label line and their order, which matters to the model. If `language` is
 * set, the line ends with `lang:` and a language code.
 */
export interface AttributeSet {
  /** Name and version, e.g. `oasst-12-lang@1`; recorded with every label. */
  readonly name: string
  readonly attributes: readonly Attribute[]
  readonly language: boolean
}

const likert = (...keys: string[]): readonly Attribute[] => keys.map(key => ({ key, min: 0, max: 4 }))

const oasst = likert(
  'quality',
  'toxicity',
  'humor',
  'creativity',
  'violence',
  'helpfulness',
  'not_appropriate',
  'hate_speech',
  'sexual_content',
  'fails_task',
  'political_content',
  'moral_judgement',
)

/** The built-in attribute sets; docs/reference/papers.md#attribute-sets says where they come from. */
export const attributeSets = {
  'oasst-12-lang@1': { name: 'oasst-12-lang@1', attributes: oasst, language: true },
  'oasst-12@1': { name: 'oasst-12@1', attributes: oasst, language: false },
  'steerlm-9@1': {
    name: 'steerlm-9@1',
    attributes: likert(
      'quality',
      'toxicity',
      'humor',
      'creativity',
      'helpfulness',
      'correctness',
      'coherence',
      'complexity',
      'verbosity',
    ),
    language: false,
  },
  'helpsteer-5@1': {
    name: 'helpsteer-5@1',
    attributes: likert('helpfulness', 'correctness', 'coherence', 'complexity', 'verbosity'),
    language: false,
  },
} as const satisfies Record<string, AttributeSet>

/**
 * The attribute set with that name; without a version, the newest.
 * @throws STEERFLOW_CONFIG_INVALID when no set has that name.
 */
export function attributeSet(name: string, others: readonly AttributeSet[] = []): AttributeSet {
  const known: readonly AttributeSet[] = [...others, ...Object.values(attributeSets)]
  const found = known.find(set => set.name === name) ?? known.findLast(set => set.name.split('@')[0] === name)
  if (found) return found
  throw new SteerflowError(
    'STEERFLOW_CONFIG_INVALID',
    `no attribute set is called ${name}; known: ${known.map(set => set.name).join(', ')}`,
  )
}

/** The keys of a label line in order; `lang` comes last if the set has it. */
export const labelKeys = (set: AttributeSet): readonly string[] => [
  ...set.attributes.map(attribute => attribute.key),
  ...(set.language ? ['lang'] : []),
]

/** The 35 language codes that the original annotator accepts (docs/reference/original-scripts.md#reading-a-reply). */
export const languages: readonly string[] =
  'ar bg bn ca cs da de el en eo es eu fa fi fr gl he hu id it ja ko nb nl pl pt ro ru sk sv th tr uk vi zh'.split(' ')
