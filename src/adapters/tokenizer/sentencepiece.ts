import { createRequire } from 'node:module'
import { z } from 'zod'
import { SteerflowError } from '../../domain/errors.js'
import type { Encode } from '../../domain/mask/tokenizer.js'

interface Processor {
  load(path: string): Promise<void>
  encodeIds(text: string): unknown
}

/** The untyped library, validated here and used nowhere else. */
const Library = z.object({
  SentencePieceProcessor: z.custom<new () => Processor>(value => typeof value === 'function'),
})

const Ids = z.array(z.int().nonnegative())

/** Has an unusual character of every kind, so that any model gives something for it. */
const probe = 'A probe: 1, 2.\n\x12 Ω 語'

/**
 * Loads a SentencePiece model. Loading blocks for some 100 ms and a call for as long as the text is, so that this belongs
 * into a worker thread. The library's memory grows by about 80 bytes for a byte of the longest text and never shrinks.
 * @throws STEERFLOW_TOKENIZER when the file cannot be loaded. The library itself does not notice that.
 */
export async function loadSentencePiece(path: string): Promise<Encode> {
  try {
    const { SentencePieceProcessor } = Library.parse(createRequire(import.meta.url)('@agnai/sentencepiece-js'))
    const processor = new SentencePieceProcessor()
    await processor.load(path)
    if (Ids.parse(processor.encodeIds(probe)).length === 0) throw new Error('the model encodes nothing')
    // A lone surrogate would be encoded as bytes that are no UTF-8, where the original refuses.
    return text => processor.encodeIds(text.toWellFormed()) as readonly number[]
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_TOKENIZER', `${path} cannot be loaded as a SentencePiece model`, { cause })
  }
}
