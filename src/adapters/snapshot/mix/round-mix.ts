import type { Round } from '../../../domain/bootstrap/round.js'
import { replayedBeside, SeededDraw } from '../../../domain/bootstrap/seeded-draw.js'
import type { Records, Selection } from '../select.js'
import { type AnswersLeftOut, chooseAnswers } from './choose-answers.js'
import { mergedById } from './by-id.js'
import type { Pinned } from './pinned.js'

/** Composition of a round's data. */
export interface MixFacts {
  readonly round: string
  /** Numbers of accepted answers and of negatives. */
  readonly accepted: number
  readonly negatives: number
  /** Number of replayed training records, and the digest of the pinned snapshot that they come from. */
  readonly replayed: number
  readonly replayed_from: string
  readonly left_out: AnswersLeftOut
}

/** The records of a round's snapshot, what was left out of the shards, and their composition. */
export interface Mixed extends Selection {
  readonly mix: MixFacts
}

/**
 * The data of a round (docs/bootstrap.md#the-data-of-a-round), chosen with all answers in view: answers without
 * near-duplicates and without surplus negatives, replayed records of the pinned training snapshot, and all of its validation
 * records, so that the models of all rounds are measured on the same ones. It depends only on the records and the round.
 * Both are read twice, to choose and to write, so memory holds only ids, at most three times as many as the round has.
 * @param answers selects the round's answers, from the beginning at each call
 */
export async function mixed(
  { round, snapshot, plan }: Pick<Round, 'round' | 'snapshot' | 'plan'>,
  answers: () => Selection,
  pinned: Pinned,
): Promise<Mixed> {
  const seed = `${plan.seed}:${round}`
  const { records, leftOut } = answers()
  const chosen = await chooseAnswers(records, pinned('validation'), seed, plan)
  const count = replayedBeside(chosen.ids.size, plan.mix.replay)
  const replayed = count === 0 ? new Set<string>() : await drawn(pinned('train'), `replay:${seed}`, count, chosen.ids)
  return {
    records: mergedById([
      only(chosen.ids, answers().records),
      ...(replayed.size > 0 ? [only(replayed, pinned('train'))] : []),
      pinned('validation'),
    ]),
    leftOut,
    mix: {
      round,
      accepted: chosen.ids.size - chosen.negatives,
      negatives: chosen.negatives,
      replayed: replayed.size,
      replayed_from: snapshot.digest,
      left_out: chosen.leftOut,
    },
  }
}

/** Samples `count` ids of records, excluding those of answers. */
async function drawn(
  records: Records,
  seed: string,
  count: number,
  answers: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const draw = new SeededDraw(seed, count)
  for await (const batch of records) for (const { id } of batch) if (!answers.has(id)) draw.offer(id)
  return draw.drawn()
}

async function* only(ids: ReadonlySet<string>, records: Records): Records {
  for await (const batch of records) yield batch.filter(({ id }) => ids.has(id))
}
