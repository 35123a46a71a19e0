import { z } from 'zod'
import { SteerflowError } from '../../domain/errors.js'
import { optionalPackage } from '../optional-package.js'

/** Token ids of a text; computed in a thread of the library's. */
export type EncodeLater = (text: string) => Promise<readonly number[]>

interface Tokenizer {
  disableTruncation(): void
  disablePadding(): void
  encode(text: string, pair: null, options: { readonly addSpecialTokens: boolean }): Promise<Encoding>
}
interface Encoding {
  getIds(): readonly number[]
}

/** The library, validated here and used nowhere else. */
const Library = z.object({
  Tokenizer: z.custom<{ fromString(json: string): Tokenizer }>(value => typeof value === 'function'),
})

const probe = 'A probe: 1, 2.\n'

/**
 * Loads a tokenizer.json. A text gets the ids that it has within a prompt: no token is put before or behind it, nothing is
 * cut off or filled up whatever the file says, and added tokens in the text are read as such, as trainers do it.
 * @param json the file, which has been checked
 * @throws STEERFLOW_TOKENIZER if the library cannot load it, STEERFLOW_PACKAGE_MISSING without the library.
 */
export async function loadHuggingFace(json: string, path: string): Promise<EncodeLater> {
  const { Tokenizer } = Library.parse(
    await optionalPackage('tokenizers', `the tokenizer ${path}`, () => import('tokenizers')),
  )
  try {
    const tokenizer = Tokenizer.fromString(json)
    tokenizer.disableTruncation()
    tokenizer.disablePadding()
    const encode: EncodeLater = async text => {
      // The library, too, reads a lone surrogate as U+FFFD; here it does not depend on that.
      const encoding = await tokenizer.encode(text.toWellFormed(), null, { addSpecialTokens: false })
      return encoding.getIds()
    }
    if ((await encode(probe)).length === 0) throw new Error('it has no token for any character of a plain text')
    return encode
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_TOKENIZER', `${path} cannot be loaded as a tokenizer.json`, { cause })
  }
}
