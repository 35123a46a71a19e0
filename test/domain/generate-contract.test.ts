import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkGenerate, generatedAnswer, readGenerate } from '../../src/domain/generate-contract.js'

const Case = z.object({
  case: z.string(),
  method: z.string(),
  path: z.string(),
  request: z.unknown(),
  request_content_type: z.string(),
  status: z.int(),
  content_type: z.string(),
  body: z.string(),
  generate_called_with: z.array(z.record(z.string(), z.unknown())),
})

/** What the original server classes answered, generation faked. */
const cases = z
  .array(Case)
  .parse(JSON.parse(readFileSync(new URL('../golden/data/generate-contract.json', import.meta.url), 'utf8')))

/** The golden server's faked generation: every character a token, one `4` at the end. */
function faked(sentences: readonly string[]): string {
  const whole = sentences.map(sentence => `${sentence}4`)
  return generatedAnswer({
    sentences: whole,
    tokens: whole.map(text => [...text]),
    tokenIds: whole.map(text => [...text].map(character => character.codePointAt(0) ?? 0)),
    offsets: whole.map(text => [...text].map((_, at) => at)),
    logprob: null,
  }).body
}

/** The golden arguments as ours: Python passes True on as an integer, and a plain string as a list of characters. */
const asNumbersAndLists = (called: Record<string, unknown>): Record<string, unknown> => ({
  ...called,
  inputs: [...(called['inputs'] as Iterable<string>)],
  tokens_to_generate: Number(called['tokens_to_generate']),
  min_tokens_to_generate: Number(called['min_tokens_to_generate']),
})

describe('the /generate contract', () => {
  it.each(cases.map(one => [one.case, one] as const))('answers as the original: %s', (_name, golden) => {
    const body = typeof golden.request === 'string' ? golden.request : JSON.stringify(golden.request)
    const checked = readGenerate({
      method: golden.method,
      path: golden.path,
      contentType: golden.request_content_type,
      body,
    })
    if (!checked.ok) {
      expect({ ...checked.answer }).toEqual({
        status: golden.status,
        contentType: golden.content_type,
        body: golden.body,
      })
      return
    }
    const { request } = checked
    expect(golden.status).toBe(200)
    const { extra: _, ...called } = golden.generate_called_with[0] ?? {}
    expect({
      inputs: request.sentences,
      tokens_to_generate: request.tokensToGenerate,
      all_probs: request.allProbs,
      temperature: request.temperature,
      add_BOS: request.addBos,
      top_k: request.topK,
      top_p: request.topP,
      greedy: request.greedy,
      repetition_penalty: request.repetitionPenalty,
      end_strings: request.endStrings,
      min_tokens_to_generate: request.minTokensToGenerate,
      compute_logprob: request.computeLogprob,
    }).toEqual(asNumbersAndLists(called))
    if (!request.computeLogprob && !request.allProbs) expect(faked(request.sentences)).toBe(golden.body)
  })

  it('complains about the first field in the order of the original, not of the body', () => {
    const checked = checkGenerate({ random_seed: -1, top_k: -1, sentences: ['hi'], temperature: 0 })
    expect(checked.ok || checked.answer.body).toBe(
      '"temperature must be a positive number less than or equal to 100.0"\n',
    )
  })

  it('counts sentences before it looks at anything else', () => {
    const checked = checkGenerate({ sentences: Array<string>(129).fill('a'), top_k: -1 })
    expect(checked.ok || checked.answer.status).toBe(400)
  })

  it('fails on sentences that are no text', () => {
    for (const sentences of [5, null, {}, [1], [null]]) {
      const checked = checkGenerate({ sentences })
      expect(checked.ok || checked.answer.status).toBe(500)
    }
  })

  it('does not know other methods', () => {
    const checked = readGenerate({ method: 'DELETE', path: '/generate', contentType: undefined, body: '' })
    expect(checked.ok || checked.answer.status).toBe(405)
  })

  it('writes keys sorted, extra ones among them', () => {
    const { body } = generatedAnswer({
      sentences: ['a'],
      tokens: [['a']],
      tokenIds: [[97]],
      offsets: [[0]],
      logprob: null,
      extra: { scores: [{ quality: 2.5 }] },
    })
    expect(body).toBe(
      '{"logprob":null,"offsets":[[0]],"scores":[{"quality":2.5}],"sentences":["a"],"token_ids":[[97]],"tokens":[["a"]]}\n',
    )
  })
})
