import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { answerer } from '../../../src/adapters/tokenizer/answerer.js'
import { SteerflowError } from '../../../src/domain/errors.js'
import { TokenRow } from '../../../src/domain/mask/token-row.js'
import { goldenMasks, jsonPath, jsonText, merging, rowsOf } from '../../support/tokenizer-json.js'
import { temporaryFolder } from '../../support/temporary.js'

const { chats, masks } = goldenMasks()
const Row = z.strictObject({ input_ids: z.array(z.int()), labels: z.array(z.int()) })

describe.each(masks)('masks of $tokenizer with $tokens', ({ tokenizer, tokens, masks: expected }) => {
  it('mark what stands in the learnt parts of the text, or the conversation is refused', async () => {
    const { answer } = await answerer(rowsOf(jsonPath(tokenizer), tokens))
    const reasons = new Map<string, number>()
    for (const [i, { usual, input }] of chats.entries()) {
      const row = await Promise.resolve()
        .then(() => answer(input))
        .catch((error: unknown) => error)
      if (row instanceof SteerflowError) {
        expect({ usual, code: row.code, i }).toEqual({ usual: false, code: 'STEERFLOW_UNMASKABLE', i })
        const reason = row.message.replaceAll(/".*"/g, '…').replaceAll(/\d/g, 'N')
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
        continue
      }
      const { text } = TokenRow.parse(row)
      expect(text, JSON.stringify(input)).not.toBeNull()
      const { input_ids, labels } = Row.parse(JSON.parse(text!))
      const mask = labels.map(label => (label === -100 ? '0' : '1')).join('')
      expect({ i, ids: input_ids, mask }).toEqual({ i, ids: expected[i]!.ids, mask: expected[i]!.mask })
    }
    expect([...reasons.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(50)
    expect([...reasons.keys()].filter(reason => !/special token of the tokenizer|shares a token/.test(reason))).toEqual(
      [],
    )
    expect(reasons.get('a text contains …, a special token of the tokenizer')).toBeGreaterThan(5)
  })
})

describe('a tokenizer that does not work with the prompt tokens', () => {
  const opened = async (json: string, tokens: 'extra-id' | 'control' = 'extra-id') => {
    const path = join(await temporaryFolder(), 'tokenizer.json')
    writeFileSync(path, json)
    return answerer(rowsOf(path, tokens))
  }
  const special = (flags: object): string => {
    const document = JSON.parse(jsonText('llama3')) as { added_tokens: object[] }
    for (const [i, content] of ['<extra_id_0>', '<extra_id_1>', '<extra_id_2>'].entries()) {
      const usual = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
      document.added_tokens.push({ id: 5000 + i, content, ...usual, ...flags })
    }
    return JSON.stringify(document)
  }

  it('splits them, and merges their pieces with the text around them: refused at once, with both sides', async () => {
    await expect(opened(merging('llama3', '<', 'e'))).rejects.toMatchObject({
      code: 'STEERFLOW_TOKENIZER',
      message: expect.stringMatching(
        /tokenizer\.json does not work with the prompt tokens "<extra_id_0>", "<extra_id_1>", "<extra_id_2>": .* has other tokens in the conversation than alone; add them to it as special tokens/,
      ) as string,
    })
  })

  it('merges a control character with the speaker behind it: refused, too', async () => {
    await expect(opened(merging('llama3', 'đ', 'U'), 'control')).rejects.toMatchObject({ code: 'STEERFLOW_TOKENIZER' })
  })

  it('has them as special tokens that take the line end before them', async () => {
    await expect(opened(special({ lstrip: true }))).rejects.toMatchObject({
      code: 'STEERFLOW_TOKENIZER',
      message: expect.stringMatching(/they are special tokens of it, so look at their lstrip/) as string,
    })
  })

  it('works, once they are special tokens; of one token each', async () => {
    const { spelt } = await opened(special({}))
    expect(spelt).toEqual({ system: 1, turn: 1, label: 1 })
    expect((await opened(jsonText('llama3'))).spelt).toEqual({ system: 9, turn: 9, label: 9 })
  })
})

it('refuses more than 1 MiB of text, which a tokenizer.json gives no place to split', async () => {
  const { answer } = await answerer(rowsOf(jsonPath('qwen'), 'control'))
  const input = {
    ...chats[0]!.input,
    conversations: [{ from: 'User', value: 'word '.repeat(250_000), label: 'quality:1' }],
  }
  await expect(Promise.resolve(answer(input))).rejects.toMatchObject({ code: 'STEERFLOW_UNMASKABLE' })
})
