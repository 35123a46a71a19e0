import { describe, expect, it } from 'vitest'
import { loadHuggingFace } from '../../../src/adapters/tokenizer/hugging-face.js'
import { goldenIds, jsonModels, jsonText } from '../../support/tokenizer-json.js'

const { texts, ids } = goldenIds()
const changed = (change: (document: Record<string, unknown>) => void) => {
  const document = JSON.parse(jsonText('llama3')) as Record<string, unknown>
  change(document)
  return JSON.stringify(document)
}

describe.each(jsonModels)('a tokenizer with the parts of %s', name => {
  it('gives the ids that Python gives, for each of 500 hostile texts', async () => {
    const encode = await loadHuggingFace(jsonText(name), name)
    expect(texts.length).toBe(500)
    const found = []
    for (const text of texts) found.push([...(await encode(text))])
    expect(found).toEqual(ids[name])
  })
})

describe('loadHuggingFace', () => {
  it('puts no token before a text, whatever the post-processor does', async () => {
    const encode = await loadHuggingFace(jsonText('llama3'), 'm')
    expect(jsonText('llama3')).toContain('"TemplateProcessing"')
    expect([...(await encode('')), ...(await encode('\n'))]).toHaveLength(1)
  })

  it('cuts nothing off and fills nothing up, although the file says so', async () => {
    const json = changed(document => {
      document.truncation = { direction: 'Right', max_length: 3, strategy: 'LongestFirst', stride: 0 }
      document.padding = {
        ...{ strategy: { Fixed: 50 }, direction: 'Right', pad_to_multiple_of: null },
        ...{ pad_id: 0, pad_type_id: 0, pad_token: '!' },
      }
    })
    const [encode, plain] = await Promise.all([loadHuggingFace(json, 'm'), loadHuggingFace(jsonText('llama3'), 'm')])
    for (const text of ['a', 'a text of more tokens than three']) expect(await encode(text)).toEqual(await plain(text))
  })

  it('reads a lone surrogate as U+FFFD', async () => {
    const encode = await loadHuggingFace(jsonText('llama3'), 'm')
    expect(await encode('a\ud800b')).toEqual(await encode('a\ufffdb'))
  })

  it('says what the library says of a part that it does not have', async () => {
    const json = changed(document => {
      document.pre_tokenizer = { type: 'Future' }
    })
    await expect(loadHuggingFace(json, 'm.json')).rejects.toMatchObject({
      code: 'STEERFLOW_TOKENIZER',
      message: 'm.json cannot be loaded as a tokenizer.json',
      cause: expect.objectContaining({ message: expect.stringMatching(/./) as string }) as Error,
    })
  })
})
