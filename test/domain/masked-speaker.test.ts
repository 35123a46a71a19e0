import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openAiReward } from '../../src/adapters/inference/protocols/openai-reward.js'
import { openLine } from '../../src/domain/annotated-line.js'
import { attributeSets } from '../../src/domain/attributes.js'
import type { Conversation } from '../../src/domain/conversation.js'
import { contexts } from '../../src/domain/bootstrap/due-prompts.js'
import { readPromptLine } from '../../src/domain/bootstrap/prompt-line.js'
import { exampleConversation } from '../../src/domain/example-conversation.js'
import { placeLabels } from '../../src/domain/export/label-place.js'
import { isMasked } from '../../src/domain/formats/speakers.js'
import { isAnnotated, scoreTurns } from '../../src/domain/prompt.js'

const line = readFileSync('test/data/field/nemo-human-gpt.jsonl', 'utf8').split('\n')[0]!
const record: Conversation = { ...exampleConversation([]), ...(JSON.parse(line) as object), type: 'VALUE_TO_TEXT' }

describe('the masked speaker is the user, whatever its name', () => {
  it('of the turns to score', async () => {
    const { turns, mask } = openLine(line)
    expect(mask).toBe('human')
    const scored = await scoreTurns(
      turns,
      'assistant',
      seen => Promise.resolve({ label: `quality:${seen.length}` }),
      mask,
    )
    expect(scored).toEqual([null, { label: 'quality:2' }])
    expect(turns.map(turn => isAnnotated('assistant', turn, mask))).toEqual([false, true])
  })

  it('where a line has no mask, by the usual names', () => {
    for (const from of ['User', 'human', 'prompter']) expect(isAnnotated('assistant', { from }, null)).toBe(false)
    for (const from of ['Assistant', 'gpt', 'Robin']) expect(isAnnotated('assistant', { from })).toBe(true)
  })

  it.each([
    ['User', 'User', true],
    ['User', 'Assistant', false],
    ['human,observer', 'observer', true],
    ['human,observer', 'gpt', false],
  ])('as in the trainer’s loader: mask %s, speaker %s', (mask, from, is) => {
    expect(isMasked(from, mask)).toBe(is)
  })

  it('of requests to reward servers', () => {
    const turn = { system: '', turns: record.conversations, mask: record.mask }
    const { body } = openAiReward({}, attributeSets['helpsteer-5@1']).request([{ turn } as never])
    expect(JSON.parse(body)).toMatchObject({
      messages: [
        { role: 'user', content: 'Ask 0' },
        { role: 'assistant', content: 'Answer 0' },
      ],
    })
  })

  it('of exports', () => {
    expect(placeLabels(record, 'none').turns.map(({ role }) => role)).toEqual(['user', 'assistant'])
    expect(placeLabels({ ...record, mask: 'human,other' }, 'none').turns.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
    ])
  })

  it('of prompts', () => {
    const prompt = readPromptLine(line)
    expect(prompt).toMatchObject({ mask: 'human', turns: [{ from: 'human' }, { from: 'gpt' }] })
    expect(contexts(prompt)[0]).toMatchObject({ mask: 'human', speaker: 'gpt' })
    const usual = readPromptLine('{"conversations": [{"from": "Human", "value": "q"}], "mask": null, "system": null}')
    expect(usual).toMatchObject({ mask: 'User', turns: [{ from: 'User' }] })
  })
})
