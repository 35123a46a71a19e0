import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { kindOf } from '../../../src/adapters/tokenizer/file-kind.js'
import { jsonModels, jsonPath } from '../../support/tokenizer-json.js'
import { models } from '../../support/tokenizers.js'

const latin = (text: string) => Buffer.from(text, 'latin1')
const safetensors = (header: string) => {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(100)])
}
const tar = () => {
  const header = Buffer.alloc(512)
  header.write('model_config.yaml', 0)
  header.write('ustar\0', 257)
  return header
}

describe('kindOf', () => {
  it.each(Object.values(models))('takes %s for SentencePiece', path => {
    expect(kindOf(readFileSync(path))).toBe('sentencepiece')
  })

  it.each(jsonModels)('takes %s for JSON, spread out or with a byte order mark, too', name => {
    const text = readFileSync(jsonPath(name), 'utf8')
    const spread = JSON.stringify(JSON.parse(text), null, 2)
    for (const given of [text, spread, `\ufeff${text}`, `\n ${spread}`]) expect(kindOf(Buffer.from(given))).toBe('json')
  })

  it('leaves bytes of an unknown kind to the reader of SentencePiece', () => {
    for (const bytes of [latin('\x01\x02\x03'), latin('some text\n'), readFileSync(models.v1).subarray(0, 20)])
      expect(kindOf(bytes)).toBe('sentencepiece')
  })

  it.each([
    ['nothing', Buffer.alloc(0), /^it is empty$/],
    [
      'a pointer of Git LFS',
      latin('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'),
      /git lfs pull/,
    ],
    ['a tiktoken file', latin('IQ== 0\nIg== 1\n'), /tiktoken file.*name the tokenizer\.json/],
    ['a longer tiktoken file', latin('IGNvbnN0cnVjdG9ycw== 100\r\nIg== 1\n'), /tiktoken/],
    ['a .vocab list', latin('<unk>\t0\n<s>\t0\n▁t\t-0\n'), /\.vocab list of SentencePiece: name the \.model file/],
    ['merges', latin('#version: 0.2\nĠ t\n'), /merges\.txt.*name the tokenizer\.json/],
    ['a page', latin('<!DOCTYPE html>\n<html>'), /page of HTML: the download went wrong/],
    ['a page without a document type', latin('\n  <html lang="en">'), /page of HTML/],
    ['an error of a store', latin('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code>'), /XML/],
    ['weights', safetensors('{"__metadata__":{"format":"pt"}}'), /safetensors.*name the tokenizer\.json/],
    ['weights without metadata', safetensors(`{"${'w'.repeat(90_000)}":{}}`), /safetensors/],
    ['a GGUF model', latin('GGUF\x03\0\0\0'), /GGUF model/],
    ['a pickle', latin('\x80\x02}q\0'), /pickle/],
    ['a zip', latin('PK\x03\x04\x14'), /zip archive, or weights of PyTorch/],
    ['a .nemo archive', tar(), /tar archive, like a \.nemo file: unpack it first/],
    ['gzip', gzipSync('{"model":{}}'), /compressed with gzip: unpack it first/],
    ['zstd', latin('\x28\xb5\x2f\xfd\x24'), /compressed with zstd/],
    ['UTF-16', Buffer.from('\ufeff{"model":{}}', 'utf16le'), /UTF-16: save it as UTF-8/],
    ['a Parquet file', latin('PAR1\x15'), /Parquet/],
  ] as const)('says of %s what it is and what to do', (_, bytes, is) => {
    expect(kindOf(bytes)).toEqual({ is: expect.stringMatching(is) as string })
  })
})
