import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readModel } from '../../src/adapters/tokenizer/model-file.js'
import { loadSentencePiece } from '../../src/adapters/tokenizer/sentencepiece.js'
import type { MaskInput } from '../../src/domain/mask/input.js'
import { firstLearnt } from '../../src/domain/mask/first-learnt.js'
import { lossMask } from '../../src/domain/mask/loss-mask.js'
import type { Tokenizer } from '../../src/domain/mask/tokenizer.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'

const file = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const lines = (name: string) => file(name).trimEnd().split('\n')
const model = 'examples/data/tokenizer.model.v1'

const Dump = z.union([
  z.object({ i: z.int(), ids: z.array(z.int()), mask: z.string() }),
  z.object({ i: z.int(), error: z.string(), msg: z.string() }),
])
const names = lines('clean/names.txt')
const dumps = lines('clean/dump.jsonl').map(line => Dump.parse(JSON.parse(line)))
const inputs = lines('clean/in.jsonl').map(line => JSON.parse(line) as MaskInput)

describe('the loss mask of hand-made conversations is that of the original loader', () => {
  let tokenizer: Tokenizer
  beforeAll(async () => {
    tokenizer = { encode: await loadSentencePiece(model), ...readModel(readFileSync(model)) }
  })

  it('has a result for each', () => expect(dumps.length).toBe(inputs.length))

  it.each(names.map((name, i) => [name, inputs[i]!, dumps[i]!] as const))('%s', (name, input, dump) => {
    // Its type is refused where lines are read, before there is a mask to compute.
    if (name === 'type_bad') return expect(dump).toMatchObject({ error: 'AssertionError' })
    const mask = () => {
      const { ids, learnt } = lossMask(tokenizer.encode, extraIdTokens, input)
      return { ids, mask: learnt.map(Number).join('') }
    }
    if ('ids' in dump) {
      expect(mask()).toEqual({ ids: dump.ids, mask: dump.mask })
      expect(firstLearnt(tokenizer, extraIdTokens, input)).toBe(dump.mask.indexOf('1'))
    } else if (dump.msg === 'mask is empty') {
      expect(mask().mask).not.toContain('1')
      expect(firstLearnt(tokenizer, extraIdTokens, input)).toBeNull()
    } else {
      expect(mask).toThrow('never speaks')
      expect(() => firstLearnt(tokenizer, extraIdTokens, input)).toThrow('never speaks')
    }
  })
})
