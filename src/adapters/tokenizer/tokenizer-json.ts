import { SteerflowError } from '../../domain/errors.js'
import { isFields } from '../../domain/formats/meaning.js'
import { beyond } from './model-file.js'

/** Facts from a tokenizer.json that the tokenizer library does not provide. */
export interface JsonFacts {
  readonly pieces: number
  /** Special tokens by id, which texts should not contain; without the token for what is unknown. */
  readonly special: ReadonlyMap<number, string>
}

/** Upper bounds of a tokenizer.json. Published ones have up to 35 MB (docs/reference/loss-masks.md#sizes-of-tokenizers). */
export const jsonBounds = { fileBytes: 64 << 20, pieces: 1 << 20, pieceBytes: 4096 } as const

/** The models of the library. */
const types = ['BPE', 'Unigram', 'WordLevel', 'WordPiece']

const beside = 'name the tokenizer.json beside it'

/** Other JSON files of a model's folder, by a key that they have. */
const others: readonly (readonly [key: string, is: string])[] = [
  ['tokenizer_class', `it is a tokenizer_config.json: ${beside}`],
  ['chat_template', `it is a tokenizer_config.json: ${beside}`],
  ['added_tokens_decoder', `it is a tokenizer_config.json: ${beside}`],
  ['weight_map', `it is the index of a model's weights: ${beside}`],
  ['architectures', `it is the config.json of a model: ${beside}`],
  ['model_type', `it is the config.json of a model: ${beside}`],
  ['bos_token', `it is a special_tokens_map.json: ${beside}`],
  ['eos_token', `it is a special_tokens_map.json: ${beside}`],
  ['bos_token_id', `it is a generation_config.json: ${beside}`],
  ['error', 'it is an error that a server answered: the download went wrong'],
]

/** What JSON without a model of a tokenizer is. */
function otherJson(value: unknown): string {
  if (!isFields(value)) return 'it is JSON, but no object'
  if (isFields(value.config) && Array.isArray(value.vocab)) {
    return "it is a tekken.json, a form of Mistral's own: name the tokenizer.json of the same model"
  }
  const known = others.find(([key]) => key in value)
  if (known) return known[1]
  const entries = Object.values(value)
  if (entries.length > 0 && entries.every(entry => typeof entry === 'number')) {
    return `it is a vocab.json, the half of a tokenizer: ${beside}`
  }
  return 'it is JSON, but no tokenizer.json: it has no "model" with a "vocab"'
}

/** Entries of a vocabulary: pieces by id (an object), or pieces with their scores (a list, Unigram). */
function* piecesOf(vocab: object): Generator<string> {
  if (!Array.isArray(vocab)) {
    for (const piece in vocab) yield piece
    return
  }
  for (const entry of vocab as readonly unknown[]) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') throw new TypeError('a piece of "vocab" has no text')
    yield entry[0]
  }
}

const refused = (name: string, is: string, cause?: unknown): SteerflowError =>
  new SteerflowError('STEERFLOW_TOKENIZER', `${name} is not a usable tokenizer: ${is}`, { cause })

/**
 * Reads and checks a tokenizer.json: that it is one, its bounds, and that its ids depend on the text alone.
 * @param name the file, for messages
 * @throws STEERFLOW_TOKENIZER with what it is instead
 */
export function readTokenizerJson(text: string, name: string): JsonFacts {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw refused(name, 'it begins like JSON and is damaged or cut off: fetch it again', cause)
  }
  const model = isFields(document) ? document.model : undefined
  if (!isFields(document) || !isFields(model) || typeof model.vocab !== 'object' || model.vocab === null) {
    throw refused(name, otherJson(document))
  }
  const { type, vocab, dropout } = model
  if (typeof type === 'string' && !types.includes(type)) {
    throw refused(name, `its model is of the type ${type}; known are ${types.join(', ')}`)
  }
  if (typeof dropout === 'number' && dropout > 0) {
    throw refused(name, `its model has "dropout": ${dropout}, so that its tokens are random; set it to null`)
  }
  const { pieces: most, pieceBytes } = jsonBounds
  let pieces = 0
  for (const piece of piecesOf(vocab)) {
    if (piece.length > pieceBytes / 3 && Buffer.byteLength(piece) > pieceBytes) {
      const has = `piece ${pieces.toLocaleString('en')} of ${name} has ${Buffer.byteLength(piece).toLocaleString('en')} bytes`
      throw beyond(has, pieceBytes, 'bytes a piece')
    }
    if (++pieces > most) throw beyond(`${name} has more pieces`, most, 'pieces')
  }
  if (pieces === 0) throw refused(name, 'its vocabulary is empty')
  return { pieces, special: specialTokens(document.added_tokens, model) }
}

function specialTokens(added: unknown, model: Readonly<Record<string, unknown>>): ReadonlyMap<number, string> {
  const special = new Map<number, string>()
  for (const token of Array.isArray(added) ? (added as readonly unknown[]) : []) {
    if (!isFields(token) || token.special !== true) continue
    const { id, content } = token
    if (typeof id !== 'number' || typeof content !== 'string') continue
    if (content !== model.unk_token && id !== model.unk_id) special.set(id, content)
  }
  return special
}
