import { type Bootstrapped, type Conversation } from '../../src/domain/conversation.js'
import { RoundPlan } from '../../src/domain/bootstrap/round-plan.js'
import { type Round } from '../../src/domain/bootstrap/round.js'
import { type Snapshot } from '../../src/domain/job.js'
import { attributeSetName, conversation } from './training.js'

/** Literals of the records of a bootstrap round for tests. */

interface GivenAnswer {
  readonly kept?: Bootstrapped['kept']
  readonly text?: string
  readonly tree?: string
}

/** An answer that was sampled in round loop-1, with a text of its own unless one is given. */
export const answer = (id: string, { kept = 'accepted', ...given }: GivenAnswer = {}): Conversation =>
  conversation(id, {
    text: `${id} says, of all that was asked, what ${id} alone has to say about ${id}`,
    ...given,
    origin: 'bootstrap',
    bootstrap: { round: 'loop-1', prompt: 0, candidate: 0, seed: 7, asked: 'quality:4,lang:en', kept },
  })

/** Round loop-1 over a snapshot, with a plan of which only a part is given. */
export const round = (snapshot: Snapshot, plan: Parameters<typeof RoundPlan.parse>[0] = {}): Round => ({
  round: 'loop-1',
  loop: 'loop',
  number: 1,
  purpose: 'train',
  policy: { model: 'm', digest: 'p'.repeat(64) },
  value_model: 'v'.repeat(64),
  attribute_set: attributeSetName,
  snapshot,
  labels: ['quality:4,lang:en'],
  prompts: { count: 1, path: 'bootstrap/loop-1.jsonl', sha256: 'f'.repeat(64) },
  plan: RoundPlan.parse(plan),
})
