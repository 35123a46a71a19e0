import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkBounds, modelBounds, readModel } from '../../../src/adapters/tokenizer/model-file.js'
import { models } from '../../support/tokenizers.js'

/** A protobuf field of a length below 128. */
const bytes = (number: number, content: readonly number[]) => [number * 8 + 2, content.length, ...content]
const text = (number: number, content: string) => bytes(number, [...Buffer.from(content)])
/** A protobuf number below 128; field numbers above 15 take two bytes. */
const flag = (number: number, value: number) =>
  number < 16 ? [number * 8, value] : [((number * 8) & 0x7f) | 0x80, number >> 4, value]

const bytePairs = [...flag(3, 2), ...flag(35, 1)]
const verbatim = flag(4, 0)
const model = (pieces: readonly string[], trainer = bytePairs, normalizer = verbatim) =>
  Uint8Array.from([
    ...pieces.flatMap(piece => bytes(1, [...text(1, piece), 0x15, 0, 0, 0, 0])),
    ...bytes(2, trainer),
    ...bytes(3, normalizer),
  ])
const borders = (given: Uint8Array) => {
  const { linesIndependent, wordsIndependent } = readModel(given)
  return [linesIndependent, wordsIndependent]
}

describe('checkBounds', () => {
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)])
  const piece = (length: number) => Buffer.from([8 + 2, ...varint(length), ...Buffer.alloc(length, 'a')])
  const { pieces, pieceBytes } = modelBounds

  it('takes real models and as many pieces as there may be, of as many bytes', () => {
    for (const name of ['v1', 'v3'] as const) checkBounds(readFileSync(models[name]), name)
    checkBounds(Buffer.concat([...Array<Buffer>(pieces - 1).fill(piece(3)), piece(pieceBytes)]), 'm')
  })

  it.each([
    [
      'a piece more',
      () => Buffer.concat(Array<Buffer>(pieces + 1).fill(piece(3))),
      /^m has 1,048,577 pieces, .* at most 1,048,576 pieces: name the tokenizer file/,
    ],
    [
      'a piece of a byte more',
      () => Buffer.concat([piece(3), piece(pieceBytes + 1)]),
      /^piece 1 of m has 4,097 bytes, .* at most 4,096 bytes a piece/,
    ],
  ])('refuses %s, with the bound', (_, made, message) => {
    expect(() => checkBounds(made(), 'm')).toThrow(
      expect.objectContaining({ code: 'STEERFLOW_TOKENIZER', message: expect.stringMatching(message) as string }),
    )
  })
})

describe('readModel', () => {
  it.each([
    ['v1', 32_000],
    ['v3', 32_768],
  ] as const)('reads the real model %s', (name, pieces) => {
    expect(readModel(readFileSync(models[name]))).toEqual({ pieces, linesIndependent: true, wordsIndependent: true })
  })

  it('finds pieces that reach over the end of a line or of a word', () => {
    expect(borders(model(['a', '\n', 'a\n', '\u2581a', '\u2581\u2581']))).toEqual([true, true])
    expect(borders(model(['a', '\nb']))).toEqual([false, true])
    expect(borders(model(['a', '\n\n']))).toEqual([false, true])
    expect(borders(model(['a', '\0b']))).toEqual([false, true])
    expect(borders(model(['a', 'a\u2581']))).toEqual([true, false])
  })

  it('knows no border of a model that normalises, does not merge pairs, or does not spell unknown characters', () => {
    expect(borders(model(['a'], flag(35, 1)))).toEqual([false, false])
    expect(borders(model(['a'], flag(3, 2)))).toEqual([false, false])
    expect(borders(model(['a'], [...bytePairs, ...flag(24, 1)]))).toEqual([false, false])
    expect(borders(model(['a'], bytePairs, []))).toEqual([false, false])
    expect(borders(model(['a'], bytePairs, [...verbatim, ...text(2, 'map')]))).toEqual([false, false])
    expect(borders(model(['a'], bytePairs, [...verbatim, ...flag(5, 0)]))).toEqual([false, false])
  })

  it.each([
    ['an empty file', Uint8Array.of()],
    ['text', Buffer.from('{"this": "is not a model"}')],
    ['a model cut off', readFileSync(models.v1).subarray(0, 300_000)],
    ['a piece that is not UTF-8', Uint8Array.from(bytes(1, bytes(1, [0xff])))],
    ['an endless number', new Uint8Array(20).fill(0x88)],
  ])('refuses %s', (_, given) => {
    expect(() => readModel(given)).toThrow(expect.objectContaining({ code: 'STEERFLOW_TOKENIZER' }))
  })
})
