import { answerOfLine } from '../../../domain/bootstrap/answer-line.js'
import type { RoundPlan } from '../../../domain/bootstrap/round-plan.js'
import { SeededDraw, mostNegatives } from '../../../domain/bootstrap/seeded-draw.js'
import { SteerflowError } from '../../../domain/errors.js'
import { NearIndex } from '../../../domain/near-duplicates/near-index.js'
import type { Records, Selected } from '../select.js'
import { mergedById } from './by-id.js'

/** Answers that passed the gate but are not in the round's data, by rule. */
export interface AnswersLeftOut {
  /** Similar to an answer with a smaller id, to the same prompt or another. */
  near_duplicates: number
  /** Negatives above their share of all answers. */
  negatives: number
  /** The same conversation as a validation record. */
  held_out: number
}

export interface ChosenAnswers {
  readonly ids: ReadonlySet<string>
  /** Number of negatives among them. */
  readonly negatives: number
  readonly leftOut: AnswersLeftOut
}

/**
 * Chooses the answers of a round, in the order of their ids: no validation record, no near-duplicate of an earlier chosen
 * answer, and of the remaining negatives a seeded sample.
 */
export async function chooseAnswers(
  answers: Records,
  heldOut: Records,
  seed: string,
  { gate, mix }: Pick<RoundPlan, 'gate' | 'mix'>,
): Promise<ChosenAnswers> {
  const leftOut = { near_duplicates: 0, negatives: 0, held_out: 0 }
  const before = new NearIndex({ threshold: gate.similarity })
  const accepted = new Set<string>()
  const draw = new SeededDraw(`negatives:${seed}`)
  let negatives = 0
  for await (const batch of compared(answers, heldOut)) {
    for (const { id, line, isHeldOut } of batch) {
      const { text, kept } = answerOf(id, line)
      if (isHeldOut) leftOut.held_out++
      else if (before.nearest(text) !== null) leftOut.near_duplicates++
      else {
        before.add(id, text)
        if (kept === 'accepted') accepted.add(id)
        else {
          draw.offer(id)
          negatives++
        }
      }
    }
  }
  const most = Math.min(negatives, mostNegatives(accepted.size, mix.negatives))
  leftOut.negatives = negatives - most
  return { ids: new Set([...accepted, ...draw.drawn(most)]), negatives: most, leftOut }
}

interface Compared extends Selected {
  readonly isHeldOut: boolean
}

/** The answers, marked if a validation record has the same id. */
async function* compared(answers: Records, heldOut: Records): AsyncIterable<readonly Compared[]> {
  let last: string | null = null
  const marked = async function* (records: Records, isHeldOut: boolean): AsyncIterable<readonly Compared[]> {
    for await (const batch of records) yield batch.map(record => ({ ...record, isHeldOut }))
  }
  for await (const batch of mergedById([marked(heldOut, true), marked(answers, false)])) {
    const found: Compared[] = []
    for (const record of batch) {
      if (record.isHeldOut) last = record.id
      else found.push({ ...record, isHeldOut: record.id === last })
    }
    yield found
  }
}

function answerOf(id: string, line: Buffer): ReturnType<typeof answerOfLine> {
  try {
    return answerOfLine(line)
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_STORAGE', `record ${id} is not an answer of a round`, { cause })
  }
}
