import { request } from 'node:http'
import { attributeSets, labelKeys } from '../../src/domain/attributes.js'
import { readAttribute } from '../../src/domain/label-reply.js'
import { labelPrompt, labelUpTo } from '../../src/domain/prompt.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'
import { nemoGenerate } from '../../src/adapters/inference/protocols/nemo-generate.js'
import type { TurnToScore } from '../../src/stages/needs.js'
import { z } from 'zod'

const set = attributeSets['oasst-12-lang@1']
const Reply = z.looseObject({ sentences: z.array(z.string()) })

/**
 * A turn's label as the original script asks for it (docs/reference/original-scripts.md#requests): 13 calls one after
 * the other, a token each, a connection for each, the label so far in the prompt of the next.
 */
export async function originalLabel(url: string, turn: TurnToScore): Promise<string> {
  const prompt = labelPrompt(turn.system, turn.turns, extraIdTokens)
  let label = ''
  for (const key of labelKeys(set)) {
    const [sentence] = await put(url, prompt + labelUpTo(label, key), turn)
    const read = readAttribute(sentence ?? '', set, key)
    if (!read) throw new Error(`no value for ${key}`)
    label = read.label
  }
  return label
}

async function put(url: string, prompt: string, turn: TurnToScore): Promise<readonly string[]> {
  const endStrings = [extraIdTokens.turn, '<|endoftext|>']
  const { method, path, headers, body } = nemoGenerate.request([{ prompt, maxTokens: 1, endStrings, line: null, turn }])
  const text = await new Promise<string>((resolve, reject) => {
    const length = { 'content-length': Buffer.byteLength(body) }
    const asking = request(url + path, { method, agent: false, headers: { ...headers, ...length } }, reply => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => chunks.push(chunk))
      reply.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      reply.on('error', reject)
    })
    asking.on('error', reject)
    asking.end(body)
  })
  return Reply.parse(JSON.parse(text)).sentences
}
