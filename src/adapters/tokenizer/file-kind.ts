import { isSafetensors } from '../files/kinds.js'

/** The form of a tokenizer file: Hugging Face's tokenizer.json, or SentencePiece's .model. */
export type TokenizerKind = 'json' | 'sentencepiece'

/** A file that is no tokenizer: what it is, and what to do. */
export interface NotTokenizer {
  readonly is: string
}

const other = 'name the tokenizer.json or tokenizer.model beside it'
const unpacked = (what: string) => `it is ${what}: unpack it first`

/** First bytes of files, in Latin-1, and what they are. */
const magic: readonly (readonly [start: string, is: string])[] = [
  ['\x1f\x8b', unpacked('compressed with gzip')],
  ['\x28\xb5\x2f\xfd', unpacked('compressed with zstd')],
  ['BZh', unpacked('compressed with bzip2')],
  ['\xfd7zXZ\0', unpacked('compressed with xz')],
  ['PK\x03\x04', 'it is a zip archive, or weights of PyTorch: name the tokenizer file in it or beside it'],
  ['GGUF', `it is a GGUF model: ${other}`],
  ['PAR1', 'it is a Parquet file: name the tokenizer file of the model that is trained'],
  ['\x80\x02', `it is a Python pickle, perhaps weights of PyTorch: ${other}`],
  ['\x80\x04', `it is a Python pickle: ${other}`],
  ['\x89HDF', `it is an HDF5 file: ${other}`],
  ['\xff\xfe', 'it is text in UTF-16: save it as UTF-8'],
  ['version https://git-lfs', 'it is a Git LFS pointer: git lfs pull fetches the file'],
  ['#version:', `it is a merges.txt, the half of a tokenizer: ${other}`],
]

/** Kinds of text, by their first lines. */
const texts: readonly (readonly [head: RegExp, is: string])[] = [
  [
    /^[A-Za-z0-9+/]+=* \d+\r?\n/,
    `it is a tiktoken file, which has no pre-tokenizer and no special tokens: name the tokenizer.json of the same model`,
  ],
  [/^[^\s\t]+\t-?\d+(\.\d+)?\r?\n/, 'it is a .vocab list of SentencePiece: name the .model file beside it'],
  [/^\s*<(!doctype|html|head|body)/i, 'it is a page of HTML: the download went wrong'],
  [/^\s*<\?xml|^\s*<Error>/i, 'it is XML, perhaps the error of a store: the download went wrong'],
]

/**
 * The kind of a tokenizer file by its first bytes, or what the file is instead. Bytes of an unknown kind are taken for
 * SentencePiece, whose reader decides.
 */
export function kindOf(head: Buffer): TokenizerKind | NotTokenizer {
  if (head.byteLength === 0) return { is: 'it is empty' }
  const start = head.toString('latin1', 0, 600)
  const known = magic.find(([bytes]) => start.startsWith(bytes))
  if (known) return { is: known[1] }
  if (isSafetensors(head)) return { is: `it is a file of safetensors, the weights of a model: ${other}` }
  if (start.startsWith('ustar', 257)) return { is: 'it is a tar archive, like a .nemo file: unpack it first' }
  const text = new TextDecoder().decode(head.subarray(0, 600))
  if (/^\s*\{\s*["}]|^\s*\[\s*["{[\]]/.test(text)) return 'json'
  const written = texts.find(([pattern]) => pattern.test(text))
  return written ? { is: written[1] } : 'sentencepiece'
}
