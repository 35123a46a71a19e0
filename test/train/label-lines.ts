import { z } from 'zod'
import type { AttributeSet } from '../../src/domain/attributes.js'
import type { Conversation } from '../../src/domain/conversation.js'
import { labelRegex } from '../../src/domain/label-grammar.js'
import { parseLabel } from '../../src/domain/label-line.js'
import type { Tokenizer } from '../../src/domain/mask/tokenizer.js'
import { labelPrompt } from '../../src/domain/prompt.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'
import type { LlamaServer } from '../support/llama/llama.js'

/** What a value model said to the prompts that `annotate` would ask with. */
export interface LabelLines {
  readonly asked: number
  readonly wellFormed: number
  /** Distinct lines: a model that knows nothing but the format always says the same. */
  readonly distinct: number
  readonly example: string
}

const Completion = z.looseObject({ choices: z.tuple([z.looseObject({ text: z.string() })]) })

/** Prompts of the replies that people have labelled, short enough for the lengths that were trained; each once. */
function prompts(records: readonly Conversation[], { encode }: Tokenizer, maxTokens: number): readonly string[] {
  const all = records.flatMap(({ system, conversations, mask }) =>
    conversations.flatMap(({ from, label }, index) =>
      from === mask || !label ? [] : [labelPrompt(system, conversations.slice(0, index + 1), extraIdTokens)],
    ),
  )
  return [...new Set(all)].filter(prompt => encode(prompt).length <= maxTokens)
}

/**
 * The set with the attributes that most label lines of replies have here: in the bundled conversations hardly any reply was
 * rated in two of the twelve, so that a model that learns the form of a line leaves them out.
 */
export function usualOf(set: AttributeSet, records: readonly Conversation[]): AttributeSet {
  const counts = new Map<string, number>()
  for (const { conversations, mask } of records) {
    for (const { from, label } of conversations) {
      if (from === mask || !label) continue
      const keys = Object.keys(parseLabel(label).scores).join(',')
      counts.set(keys, (counts.get(keys) ?? 0) + 1)
    }
  }
  const [usual] = [...counts].sort(([, one], [, other]) => other - one)
  const keys = (usual?.[0] ?? '').split(',')
  return { ...set, attributes: set.attributes.filter(({ key }) => keys.includes(key)) }
}

/**
 * Asks a server for the label line of each reply: the likeliest tokens up to the end of the line, with no grammar that would
 * make it well formed. Earlier turns carry the labels that people gave.
 */
export async function labelLines(
  server: LlamaServer,
  {
    records,
    tokenizer,
    set,
    maxTokens,
  }: { records: readonly Conversation[]; tokenizer: Tokenizer; set: AttributeSet; maxTokens: number },
): Promise<LabelLines> {
  const line = new RegExp(`^${set.attributes[0]!.key}:${labelRegex(set)}$`)
  const said: string[] = []
  for (const prompt of prompts(records, tokenizer, maxTokens)) {
    const reply = await fetch(`${server.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt, max_tokens: 90, temperature: 0, stop: ['\n'] }),
    })
    said.push(Completion.parse(await reply.json()).choices[0].text)
  }
  return {
    asked: said.length,
    wellFormed: said.filter(text => line.test(text)).length,
    distinct: new Set(said).size,
    example: said[0] ?? '',
  }
}
