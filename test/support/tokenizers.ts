import { readFileSync } from 'node:fs'
import { readModel } from '../../src/adapters/tokenizer/model-file.js'
import { loadSentencePiece } from '../../src/adapters/tokenizer/sentencepiece.js'
import type { Tokenizer } from '../../src/domain/mask/tokenizer.js'

/** Real tokenizer models by name. */
export const models = { v1: 'examples/data/tokenizer.model.v1', v3: 'test/golden/data/tokenizer.model.v3' } as const

/** A real tokenizer in this very thread. */
export const realTokenizer = async (name: keyof typeof models): Promise<Tokenizer> => ({
  encode: await loadSentencePiece(models[name]),
  linesIndependent: readModel(readFileSync(models[name])).linesIndependent,
})
