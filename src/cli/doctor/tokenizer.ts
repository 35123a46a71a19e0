import { open } from 'node:fs/promises'
import { fail, type Finding, ok } from './check.js'

/** Whether the tokenizer's model file can be read. */
export async function tokenizerFile(path: string): Promise<Finding> {
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      if (size > 0) return ok(path)
      return fail(`${path} is empty`, 'Set clean.tokenizer to a SentencePiece .model file.')
    } finally {
      await file.close()
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return fail(message, 'Set clean.tokenizer to a SentencePiece .model file that can be read.')
  }
}
