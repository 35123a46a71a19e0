import type { Conversation } from '../../src/domain/conversation.js'
import { labelPrompt, labelUpTo, type PromptTurn } from '../../src/domain/prompt.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'
import { conversation } from './training.js'
import { generate, goldenModel } from './contract-server/value-model.js'

/** The labels of every turn, computed by hand with the contract server's model. */
export function labelsBy(shift: number, { system, conversations }: Pick<Conversation, 'system' | 'conversations'>) {
  const model = goldenModel({ shift })
  const seen: PromptTurn[] = []
  return conversations.map(({ value, from }) => {
    const prompt = labelPrompt(system, [...seen, { value, from }], extraIdTokens)
    const label = generate(model, prompt + labelUpTo('', 'quality'), 200, ['\n'])
      .slice(prompt.length)
      .trim()
    seen.push({ value, from, label })
    return label
  })
}

/** Conversations of four turns each, every turn of which is its own. */
export const fourTurns = (count: number): Conversation[] =>
  Array.from({ length: count }, (_, index) => ({
    ...conversation(`c${index}`),
    conversations: ['User', 'Assistant', 'User', 'Assistant'].map((from, turn) => ({
      value: `${from} says ${turn} of ${index}`,
      from,
    })),
  }))
