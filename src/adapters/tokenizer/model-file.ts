import { SteerflowError } from '../../domain/errors.js'

/** One field of a protobuf message: a number, or bytes for every length-delimited type. */
export interface Field {
  readonly number: number
  readonly value: number | Uint8Array
}

/**
 * The fields of a protobuf message in order, sufficient for SentencePiece models: numbers beyond 2^53 lose precision,
 * fixed-width values are returned as bytes.
 * @throws RangeError if the bytes are not a protobuf message.
 */
export function* fields(message: Uint8Array): Generator<Field> {
  let at = 0
  const byte = () => {
    const value = message[at++]
    if (value === undefined) throw new RangeError('the message ends early')
    return value
  }
  const varint = () => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const part = byte()
      value += (part & 0x7f) * 2 ** shift
      if (part < 0x80) return value
    }
    throw new RangeError('a number has more than ten bytes')
  }
  const bytes = (length: number) => {
    if (at + length > message.length) throw new RangeError('the message ends early')
    return message.subarray(at, (at += length))
  }
  while (at < message.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    const wireType = tag % 8
    if (wireType === 0) yield { number, value: varint() }
    else if (wireType === 1) yield { number, value: bytes(8) }
    else if (wireType === 2) yield { number, value: bytes(varint()) }
    else if (wireType === 5) yield { number, value: bytes(4) }
    else throw new RangeError(`wire type ${wireType} does not exist`)
  }
}

/** Facts from a SentencePiece .model file about boundaries that its tokens never cross. */
export interface ModelFacts {
  readonly pieces: number
  /** No token crosses the end of a line. */
  readonly linesIndependent: boolean
  /**
   * No token crosses the end of a word, so that a text may also be split before a space that follows another character.
   */
  readonly wordsIndependent: boolean
}

// Field numbers of sentencepiece_model.proto, ModelProto · SentencePiece · TrainerSpec · NormalizerSpec.
const model = { piece: 1, trainer: 2, normalizer: 3 } as const
const piece = { text: 1 } as const
const trainer = { modelType: 3, whitespaceAsSuffix: 24, byteFallback: 35 } as const
const normalizer = { charsmap: 2, removeExtraWhitespaces: 4, escapeWhitespaces: 5 } as const
const bytePairs = 2

/** The last value of each field counts, as in protobuf. */
const message = (bytes: Uint8Array) => new Map(Array.from(fields(bytes), field => [field.number, field.value]))

/** The text of a piece; null if it has none. It builds no table of fields: there may be a million pieces. */
function textOf(bytes: Uint8Array): Uint8Array | null {
  let text: Uint8Array | null = null
  for (const { number, value } of fields(bytes)) if (number === piece.text && value instanceof Uint8Array) text = value
  return text
}

/**
 * Upper bounds of a model. Published models are smaller (docs/reference/loss-masks.md#sizes-of-tokenizers), and each
 * thread keeps the whole model in memory.
 */
export const modelBounds = { fileBytes: 32 << 20, pieces: 1 << 20, pieceBytes: 4096 } as const

export const beyond = (has: string, most: number, what: string): SteerflowError =>
  new SteerflowError(
    'STEERFLOW_TOKENIZER',
    `${has}, and a tokenizer has at most ${most.toLocaleString('en')} ${what}: name the tokenizer file of the model that is trained`,
  )

/**
 * Rejects a model that exceeds the bounds before parsing it.
 * @param name the file, for messages
 * @throws STEERFLOW_TOKENIZER; a RangeError if the bytes are not a protobuf message with pieces
 */
export function checkBounds(bytes: Uint8Array, name: string): void {
  const { pieces: most, pieceBytes } = modelBounds
  let pieces = 0
  for (const { number, value } of fields(bytes)) {
    if (number !== model.piece || !(value instanceof Uint8Array)) continue
    if (value.length > pieceBytes) {
      const has = `piece ${pieces.toLocaleString('en')} of ${name} has ${value.length.toLocaleString('en')} bytes`
      throw beyond(has, pieceBytes, 'bytes a piece')
    }
    pieces++
  }
  if (pieces === 0) throw new RangeError('the file has no pieces')
  if (pieces > most) throw beyond(`${name} has ${pieces.toLocaleString('en')} pieces`, most, 'pieces')
}

/**
 * Reads facts that the tokenizer library does not provide. Boundaries only exist if a text is merged pair by pair
 * (byte-pair encoding), is not normalised, and unknown characters are spelt in bytes: then every token, and every
 * intermediate merge, is a piece of the list.
 * @param name the file, for messages
 * @throws STEERFLOW_TOKENIZER if the bytes are not a SentencePiece model.
 */
export function readModel(bytes: Uint8Array, name = 'the file'): ModelFacts {
  try {
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const pieces: string[] = []
    let trained: ReturnType<typeof message> = new Map()
    let normalised: ReturnType<typeof message> = new Map()
    for (const { number, value } of fields(bytes)) {
      if (!(value instanceof Uint8Array)) continue
      if (number === model.trainer) trained = message(value)
      if (number === model.normalizer) normalised = message(value)
      if (number !== model.piece) continue
      const text = textOf(value)
      if (text !== null) pieces.push(utf8.decode(text))
    }
    if (pieces.length === 0) throw new RangeError('the file has no pieces')
    const charsmap = normalised.get(normalizer.charsmap)
    const verbatim =
      trained.get(trainer.modelType) === bytePairs &&
      trained.get(trainer.byteFallback) === 1 &&
      (trained.get(trainer.whitespaceAsSuffix) ?? 0) === 0 &&
      normalised.get(normalizer.removeExtraWhitespaces) === 0 &&
      (normalised.get(normalizer.escapeWhitespaces) ?? 1) === 1 &&
      (charsmap === undefined || (charsmap instanceof Uint8Array && charsmap.length === 0))
    return {
      pieces: pieces.length,
      // Includes NUL, which `continued` puts before a text that continues another one.
      linesIndependent: verbatim && !pieces.some(text => /[\n\0]./su.test(text)),
      wordsIndependent: verbatim && !pieces.some(text => /[^\u2581]\u2581/u.test(text)),
    }
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_TOKENIZER', `${name} is not a SentencePiece model`, { cause })
  }
}
