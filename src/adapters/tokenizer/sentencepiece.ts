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

/** Has an unusual character of every kind, so that any model returns some token for it. */
const probe = 'A probe: 1, 2.\n\x12 Ω 語'

/**
 * Loads a SentencePiece model. Loading blocks for about 100 ms, and a call in proportion to its text: use it in a
 * worker thread. The library's memory grows by about 80 bytes per byte of the longest text and never shrinks.
 * @throws STEERFLOW_TOKENIZER if the file cannot be loaded, which the library itself does not notice.
 */
export async function loadSentencePiece(path: string): Promise<Encode> {
  try {
    const { SentencePieceProcessor } = Library.parse(createRequire(import.meta.url)('@agnai/sentencepiece-js'))
    const processor = new SentencePieceProcessor()
    await processor.load(path)
    if (Ids.parse(processor.encodeIds(probe)).length === 0) throw new Error('the model encodes nothing')
    // A lone surrogate would be encoded as invalid UTF-8, which the original rejects.
    return text => processor.encodeIds(text.toWellFormed()) as readonly number[]
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_TOKENIZER', `${path} cannot be loaded as a SentencePiece model`, { cause })
  }
}
