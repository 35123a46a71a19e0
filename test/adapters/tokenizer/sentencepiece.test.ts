import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadSentencePiece } from '../../../src/adapters/tokenizer/sentencepiece.js'
import { models } from '../../support/tokenizers.js'

/** What Python's SentencePiece, of the version that the file names, gives for these texts. */
const { texts, ids } = z
  .object({
    sentencepiece: z.string(),
    texts: z.array(z.string()),
    ids: z.record(z.string(), z.array(z.array(z.int()))),
  })
  .parse(JSON.parse(readFileSync('test/golden/data/sentencepiece-ids.json', 'utf8')))

describe.each(['v1', 'v3'] as const)('model %s', name => {
  it('gives the ids that Python gives', async () => {
    const encode = await loadSentencePiece(models[name])
    expect(texts.length).toBeGreaterThan(40)
    expect(texts.map(text => [...encode(text)])).toEqual(ids[name])
  })
})

describe('loadSentencePiece', () => {
  const folder = mkdtempSync(join(tmpdir(), 'steerflow-tokenizer-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('reads a lone surrogate as U+FFFD', async () => {
    const encode = await loadSentencePiece(models.v1)
    expect(encode('a\ud800b')).toEqual(encode('a\ufffdb'))
  })

  it.each([
    ['garbage', 'this is no model'],
    ['nothing', ''],
  ])('notices a file of %s, which the library loads in silence', async (_, content) => {
    const path = join(folder, 'bad.model')
    writeFileSync(path, content)
    await expect(loadSentencePiece(path)).rejects.toMatchObject({ code: 'STEERFLOW_TOKENIZER' })
  })

  it('says which file is missing', async () => {
    const error = { code: 'STEERFLOW_TOKENIZER', message: expect.stringContaining('/no/such.model') as string }
    await expect(loadSentencePiece('/no/such.model')).rejects.toMatchObject(error)
  })
})
