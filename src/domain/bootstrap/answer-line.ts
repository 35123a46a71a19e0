import { z } from 'zod'

const Line = z.looseObject({
  conversations: z.array(z.looseObject({ value: z.string() })).min(1),
  steerflow: z.looseObject({ bootstrap: z.looseObject({ kept: z.enum(['accepted', 'negative']) }) }),
})

/** An answer of a round, read from its conversation. */
export interface AnswerOfLine {
  readonly text: string
  readonly kept: 'accepted' | 'negative'
}

/**
 * Reads the answer from a conversation line of a round: the text of its last turn.
 * @throws an Error when it is not such a line
 */
export function answerOfLine(line: Buffer): AnswerOfLine {
  const { conversations, steerflow } = Line.parse(JSON.parse(line.toString('utf8')))
  return { text: conversations.at(-1)!.value, kept: steerflow.bootstrap.kept }
}
