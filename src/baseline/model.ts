import { z } from 'zod'
import type { AttributeSet } from '../domain/attributes.js'
import { SteerflowError } from '../domain/errors.js'
import { featureWidth, type FeatureSpace } from './features.js'
import { handFeatureNames } from './hand-features.js'
import type { LanguageModel } from './language.js'

/** The fit of one attribute: its mean, and the weight of each feature; no weights if too few turns were labelled. */
export interface AttributeFit {
  readonly mean: number
  /** Number of turns that people labelled with it. */
  readonly turns: number
  readonly weights: Float32Array | null
}

/** A trained value model. */
export interface BaselineModel {
  readonly attributeSet: AttributeSet
  /** The speaker whose turns count as the user's. */
  readonly user: string
  readonly space: FeatureSpace
  /** One for each attribute of the set, in its order. */
  readonly fits: readonly AttributeFit[]
  readonly languages: LanguageModel
}

const base64 = z.base64().describe('little-endian numbers of 4 bytes, base64')

/** The file of a model, version 1. */
export const ModelFile = z
  .strictObject({
    kind: z.literal('steerflow-baseline'),
    version: z.literal(1),
    about: z.string(),
    attribute_set: z.string(),
    attributes: z.array(
      z.strictObject({
        key: z.string(),
        min: z.number(),
        max: z.number(),
        turns: z.int().nonnegative(),
        mean: z.number(),
        weights: base64.nullable(),
      }),
    ),
    language: z.boolean(),
    user: z.string(),
    features: z.strictObject({
      hand: z.array(z.string()),
      grams: base64,
      idf: base64,
      mean: base64,
      deviation: base64,
    }),
    languages: z.strictObject({ codes: z.array(z.string()), logs: base64 }),
  })
  .meta({ title: 'BaselineModel' })

/** The nature and limits of this model; part of every file and table. */
export const about =
  'Ridge regression on n-grams and hand features: a trained placeholder behind the real contract. On quality it is about ' +
  'as good as the length of the answer alone.'

/** Typed arrays as base64; little-endian, like every platform that Node runs on. */
const toBase64 = (numbers: Float32Array | Uint32Array): string =>
  Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64')

/** The bytes in memory of their own, since a slice of Node's pool may not be aligned to 4 bytes. */
const bytesOf = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text, 'base64')).buffer
/** @throws an Error when a number is not as required: it would make predictions invalid */
function floats(text: string, isRight: (number: number) => boolean = Number.isFinite): Float32Array {
  const numbers = new Float32Array(bytesOf(text))
  if (!numbers.every(number => isRight(number))) throw new Error('not all values are valid numbers')
  return numbers
}

/** The model as the text of its file. The same model gives the same bytes. */
export function writeModel({ attributeSet, user, space, fits, languages }: BaselineModel): string {
  const file: z.output<typeof ModelFile> = {
    kind: 'steerflow-baseline',
    version: 1,
    about,
    attribute_set: attributeSet.name,
    attributes: attributeSet.attributes.map(({ key, min, max }, i) => {
      const { turns, mean, weights } = fits[i]!
      return { key, min, max, turns, mean, weights: weights && toBase64(weights) }
    }),
    language: attributeSet.language,
    user,
    features: {
      hand: [...handFeatureNames],
      grams: toBase64(space.grams),
      idf: toBase64(space.idf),
      mean: toBase64(space.mean),
      deviation: toBase64(space.deviation),
    },
    languages: { codes: [...languages.codes], logs: toBase64(languages.logs) },
  }
  return `${JSON.stringify(file, null, 1)}\n`
}

const invalid = (what: string, cause?: unknown): SteerflowError =>
  new SteerflowError('STEERFLOW_MODEL_INVALID', `the model file ${what}`, { cause })

/**
 * Reads the text of a model file.
 * @throws STEERFLOW_MODEL_INVALID when it is not a model file or its parts do not fit together.
 */
export function readModel(text: string): BaselineModel {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw invalid('is not JSON', cause)
  }
  const parsed = ModelFile.safeParse(json)
  if (!parsed.success) throw invalid('does not fit its schema', parsed.error)
  const file = parsed.data
  try {
    const space: FeatureSpace = {
      grams: new Uint32Array(bytesOf(file.features.grams)),
      idf: floats(file.features.idf),
      mean: floats(file.features.mean),
      // The deviation of a feature that never varies is infinite.
      deviation: floats(file.features.deviation, deviation => deviation > 0),
    }
    const fits = file.attributes.map(({ turns, mean, weights }) => ({
      turns,
      mean,
      weights: weights === null ? null : floats(weights),
    }))
    const model: BaselineModel = {
      attributeSet: {
        name: file.attribute_set,
        attributes: file.attributes.map(({ key, min, max }) => ({ key, min, max })),
        language: file.language,
      },
      user: file.user,
      space,
      fits,
      languages: { codes: file.languages.codes, logs: floats(file.languages.logs) },
    }
    requireFitting(model, file.features.hand)
    return model
  } catch (cause) {
    throw cause instanceof SteerflowError ? cause : invalid('holds a damaged table', cause)
  }
}

/** Checks the sizes of tables, since wrong sizes would silently give wrong numbers. */
function requireFitting({ space, fits, languages }: BaselineModel, hand: readonly string[]): void {
  if (hand.join() !== handFeatureNames.join()) throw invalid('was made with other features')
  const sizes = [
    [space.idf.length, space.grams.length],
    [space.mean.length, hand.length],
    [space.deviation.length, hand.length],
    ...fits.map(({ weights }) => [weights?.length ?? featureWidth(space), featureWidth(space)] as const),
    [languages.logs.length % Math.max(1, languages.codes.length), 0],
  ] as const
  if (sizes.some(([is, should]) => is !== should)) throw invalid('holds tables that do not fit together')
}
