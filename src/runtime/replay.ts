import { explain, SteerflowError } from '../domain/errors.js'
import { type Letter, type LetterTopics, letters, replaysHeader } from './letters.js'
import { type Claim, type Log, type Output, sizeOf } from './log.js'
import { replayFor } from './partition.js'

/** Further outputs of a replay, in the same transaction; or a text that says why there must be no replay. */
export type Consequence = (letter: Letter) => readonly Output[] | string

export interface ReplayRequest {
  readonly wanted: (letter: Letter) => boolean
  /** The topic that a node reads; null if no node has that name. */
  readonly readBy: (node: string) => string | null
  readonly dryRun?: boolean
  /** Also replays letters that have come back repeatedly. */
  readonly insist?: boolean
  readonly consequence?: Consequence
  /** Called with the reason why a letter was not published again. */
  readonly refused?: (id: string, reason: string) => void
}

export interface Replayed {
  /** Letters that were published again, or would be. */
  readonly replayed: number
  readonly refused: number
}

/** Limits of a transaction: it costs the same for one letter as for many. */
const most = { letters: 1000, bytes: 4 << 20 }
/** How often a letter that always comes back is replayed, unless `insist` is set. */
const mostReplays = 10

/** A letter and what its replay publishes. */
interface Prepared {
  readonly id: string
  readonly outputs: readonly Output[]
}

/**
 * Publishes dead letters again to their original topics, only for the node that refused them. Records and their marks are
 * published in one transaction under a claim, many letters in each, so that a second replay, even a concurrent one or one
 * after a kill, repeats nothing. A letter that cannot be published is refused, and its neighbours go on.
 * @throws STEERFLOW_FENCED when another replay runs at the same time.
 */
export async function replay(log: Log, topics: LetterTopics, request: ReplayRequest): Promise<Replayed> {
  const { wanted, dryRun = false, consequence = () => [] } = request
  const partitions = new Map((await log.topics()).map(topic => [topic.name, topic.partitions]))
  // A name of its own: a claim of the dead letters themselves would hold back their retention.
  const claim = dryRun ? null : await log.claim('dead-letters.replay', 'dead-letters.replay', 0)
  const done = { replayed: 0, refused: 0 }
  const refuse = (id: string, reason: string): void => {
    done.refused++
    request.refused?.(id, reason)
  }
  const flush = async (batch: readonly Prepared[]): Promise<void> => {
    done.replayed += claim ? await publish(claim, batch, refuse) : batch.length
  }
  try {
    let batch: Prepared[] = []
    let bytes = 0
    // Marks are read under the claim's fence: a letter without a mark was not replayed, and nobody else replays it now.
    for await (const letter of letters(log, topics, !dryRun)) {
      if (!wanted(letter)) continue
      const also = refusal(letter, partitions, request) ?? told(letter, consequence)
      if (typeof also === 'string') {
        refuse(letter.id, also)
        continue
      }
      const outputs = [...again(letter, topics), ...also]
      batch.push({ id: letter.id, outputs })
      bytes += outputs.reduce((sum, output) => sum + sizeOf(output), 0)
      if (batch.length < most.letters && bytes < most.bytes) continue
      await flush(batch)
      batch = []
      bytes = 0
    }
    await flush(batch)
  } finally {
    await claim?.release()
  }
  return done
}

/** Publishes a batch and returns its number of letters; in halves if the log refuses one of them. */
async function publish(
  claim: Claim,
  batch: readonly Prepared[],
  refuse: (id: string, reason: string) => void,
): Promise<number> {
  if (batch.length === 0) return 0
  try {
    const outputs = batch.flatMap(letter => letter.outputs)
    await claim.commit(claim.committed, claim.committed, outputs)
    return batch.length
  } catch (error) {
    if (!(error instanceof SteerflowError) || (error.kind !== 'permanent' && error.kind !== 'usage')) throw error
    if (batch.length === 1) {
      refuse(batch[0]!.id, `${error.code}: ${explain(error)}`)
      return 0
    }
    const half = batch.length >> 1
    const first = await publish(claim, batch.slice(0, half), refuse)
    return first + (await publish(claim, batch.slice(half), refuse))
  }
}

/** Why a letter must not be published again; null if it may. Anybody may have written its headers. */
function refusal(
  letter: Letter,
  partitions: ReadonlyMap<string, number>,
  { readBy, insist = false }: ReplayRequest,
): string | null {
  const { node, bytes, origin, record, replays } = letter
  if (letter.replayed) return 'already replayed'
  if (origin.topic.startsWith('source:')) return 'it never reached a topic: correct the source and ingest it again'
  if (Number.isNaN(bytes)) return 'its header value-bytes is not a size'
  if (bytes !== record.value.byteLength) return 'its value was too large to be kept'
  const known = partitions.get(origin.topic)
  if (known === undefined) return `there is no topic ${quoted(origin.topic)} any more`
  const reads = readBy(node)
  if (reads === null) return `there is no node ${quoted(node)} any more: nobody would take it`
  if (reads !== origin.topic) return `${node} reads ${reads}, not ${quoted(origin.topic)}, where it says it came from`
  if (!(origin.partition < known))
    return `it says it came from partition ${quoted(record.headers['origin-partition'] ?? '')}; ${origin.topic} has ${known}`
  if (!/^\d{1,19}$/.test(origin.offset))
    return `it says it came from offset ${quoted(origin.offset)}, which is not an offset`
  if (replays >= mostReplays && !insist)
    return `it has come back ${replays} times: correct its cause, then replay it by its id`
  return null
}

/** A foreign text, short and on one line. */
const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)

function told(letter: Letter, consequence: Consequence): readonly Output[] | string {
  try {
    return consequence(letter)
  } catch (error) {
    return `what it means for its round cannot be told: ${explain(error)}`
  }
}

function again({ id, node, origin, record, replays }: Letter, topics: LetterTopics): readonly Output[] {
  const mark = JSON.stringify({ letter: id })
  return [
    {
      topic: origin.topic,
      partition: origin.partition,
      key: record.key,
      value: record.value,
      framed: true,
      headers: { [replayFor]: node, 'replay-of': id, [replaysHeader]: String(replays + 1) },
    },
    { topic: topics.replayed, key: Buffer.from(id), value: Buffer.from(mark) },
  ]
}
