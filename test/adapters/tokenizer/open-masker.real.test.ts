import { spawnSync } from 'node:child_process'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answerer } from '../../../src/adapters/tokenizer/answerer.js'
import { type MaskerOptions, openMasker } from '../../../src/adapters/tokenizer/open-masker.js'
import { controlTokens, extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import { firstLearnt } from '../../../src/domain/mask/first-learnt.js'
import type { MaskInput } from '../../../src/domain/mask/input.js'
import { temporaryFolder } from '../../support/temporary.js'
import { goldenMasks, jsonPath, rowsOf } from '../../support/tokenizer-json.js'
import { models, realTokenizer } from '../../support/tokenizers.js'

const options: MaskerOptions = { model: models.v1, tokens: extraIdTokens, threads: 2 }
const conversation = (words: number): MaskInput => ({
  conversations: [
    { value: 'word '.repeat(words), from: 'User' },
    { value: 'answer', from: 'Assistant', label: 'quality:4' },
  ],
  system: 'A chat.\n\n',
  mask: 'User',
  type: 'VALUE_TO_TEXT',
})

describe('openMasker', () => {
  let masker: Awaited<ReturnType<typeof openMasker>>
  beforeAll(async () => {
    masker = await openMasker(options)
  })
  afterAll(() => masker.close())

  it('answers each of many requests with its own result', async () => {
    const tokenizer = await realTokenizer('v1')
    const inputs = Array.from({ length: 500 }, (_, i) => conversation(i % 100))
    const found = await Promise.all(inputs.map(input => masker.firstLearnt(input)))
    expect(found).toEqual(inputs.map(input => firstLearnt(tokenizer, extraIdTokens, input)))
    expect(new Set(found).size).toBe(100)
  })

  it('refuses one conversation and goes on with its neighbours', async () => {
    const inputs = [
      conversation(1),
      { ...conversation(1), mask: 'Bot' },
      { ...conversation(1), mask: 'User,Assistant' },
    ]
    const [good, bad, masked] = await Promise.allSettled(inputs.map(input => masker.firstLearnt(input)))
    expect(good).toMatchObject({ status: 'fulfilled', value: expect.any(Number) as number })
    expect(bad).toMatchObject({
      reason: { code: 'STEERFLOW_UNMASKABLE', message: 'the masked role "Bot" never speaks' },
    })
    expect(masked).toEqual({ status: 'fulfilled', value: null })
  })

  it('has a digest of the model and the prompt tokens', async () => {
    const other = await openMasker({ ...options, tokens: controlTokens, threads: 1 })
    try {
      expect(other.digest).toMatch(/^[0-9a-f]{64}$/)
      expect(other.digest).not.toBe(masker.digest)
      expect(await other.firstLearnt(conversation(1))).toBeLessThan((await masker.firstLearnt(conversation(1))) ?? 0)
    } finally {
      await other.close()
    }
  })

  it('refuses what waits when it is closed, and everything afterwards', async () => {
    const closing = await openMasker({ ...options, threads: 1 })
    const waiting = closing.firstLearnt(conversation(1)).catch((error: unknown) => error)
    await closing.close()
    expect(await waiting).toMatchObject({ code: 'STEERFLOW_TOKENIZER' })
    await expect(closing.firstLearnt(conversation(1))).rejects.toMatchObject({ code: 'STEERFLOW_TOKENIZER' })
  })

  it.each([models.v1, jsonPath('mistral')])('refuses what a thread was at work on when it ended: %s', async model => {
    const closing = await openMasker({ ...options, model, threads: 1 })
    const waiting = Promise.allSettled(Array.from({ length: 300 }, (_, i) => closing.firstLearnt(conversation(i))))
    await new Promise(resolve => setImmediate(resolve))
    await closing.close()
    expect((await waiting).at(0)).toMatchObject({ reason: { code: 'STEERFLOW_TOKENIZER' } })
    expect((await waiting).at(-1)).toMatchObject({ reason: { code: 'STEERFLOW_TOKENIZER' } })
  })

  it('keeps a process alive for an answer and no longer', () => {
    const module = pathToFileURL('dist/adapters/tokenizer/open-masker.js').href
    const script = `
      import { openMasker } from '${module}'
      const masker = await openMasker(${JSON.stringify(options)})
      console.log(await masker.firstLearnt(${JSON.stringify(conversation(1))}))`
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 60_000 })
    expect({ status: ended.status, out: ended.stdout.toString() }).toEqual({
      status: 0,
      out: expect.stringMatching(/^\d+\n$/) as string,
    })
  })

  it.each([
    ['is missing', '/no/such.model', 'STEERFLOW_INPUT_NOT_FOUND', 'cannot be read'],
    ['is no model', 'package.json', 'STEERFLOW_TOKENIZER', 'it is JSON, but no tokenizer.json'],
  ])('says that a model %s', async (_, model, code, message) => {
    const error = { code, message: expect.stringContaining(message) as string }
    await expect(openMasker({ ...options, model })).rejects.toMatchObject(error)
  })

  it('names a file of any size for what it is, and a folder with what is in it', async () => {
    const folder = await temporaryFolder()
    const refused = async (name: string, content: string, bytes: number) => {
      await writeFile(join(folder, name), content, 'latin1')
      await truncate(join(folder, name), bytes)
      return openMasker({ ...options, model: join(folder, name) }).catch((error: unknown) => error)
    }
    const error = (is: string) => ({ code: 'STEERFLOW_TOKENIZER', message: expect.stringContaining(is) as string })
    const weights = '\x08\x10\0\0\0\0\0\0{"__metadata__"'
    expect(await refused('model.safetensors', weights, 3 * 2 ** 30)).toMatchObject(error('it is a file of safetensors'))
    expect(await refused('long.json', '{"model"', 2 ** 26 + 1)).toMatchObject(error('at most 67,108,864 bytes'))
    expect(await refused('tokenizer.json', '{"model"', 8)).toMatchObject(error('damaged or cut off'))
    const [found, empty] = await Promise.all(
      [folder, await temporaryFolder()].map(model =>
        openMasker({ ...options, model }).catch((thrown: unknown) => thrown),
      ),
    )
    const unread = (is: string) => ({
      code: 'STEERFLOW_INPUT_NOT_FOUND',
      cause: { message: expect.stringContaining(is) as string },
    })
    expect(found).toMatchObject(unread('it is a folder: name the file in it, tokenizer.json'))
    expect(empty).toMatchObject(unread('a folder without a tokenizer.json or tokenizer.model'))
  })

  it('answers with a tokenizer.json in the order of the questions, beside conversations that it refuses', async () => {
    const model = jsonPath('nemotron')
    const opened = await openMasker({ ...options, model, threads: 2 })
    try {
      expect(opened).toMatchObject({ kind: 'json', spelt: { system: 1, turn: 1, label: 1 } })
      const { answer } = await answerer({ ...rowsOf(model, 'extra-id'), question: { ask: 'first-learnt' } })
      const inputs = goldenMasks()
        .chats.slice(0, 200)
        .map(({ input }) => input)
      const reason = (error: unknown) => (error as Error).message
      const found = await Promise.all(inputs.map(input => opened.firstLearnt(input).catch(reason)))
      for (const [i, input] of inputs.entries()) {
        expect(found[i]).toBe(
          await Promise.resolve()
            .then(() => answer(input))
            .catch(reason),
        )
      }
      expect(found.filter(one => typeof one === 'string').length).toBeGreaterThan(5)
    } finally {
      await opened.close()
    }
  })

  it('refuses a file beyond the bounds before it is loaded', async () => {
    const huge = join(await temporaryFolder(), 'huge.model')
    await writeFile(huge, '')
    await truncate(huge, 3 * 2 ** 30)
    await expect(openMasker({ ...options, model: huge })).rejects.toMatchObject({
      code: 'STEERFLOW_TOKENIZER',
      message: `${huge} is longer, and a tokenizer has at most 33,554,432 bytes: name the tokenizer file of the model that is trained`,
    })
  })
})
