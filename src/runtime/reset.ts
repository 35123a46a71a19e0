import { type Log, type Offset, offset, type PartitionState, type Claim } from './log.js'
import { SteerflowError } from '../domain/errors.js'

const limits = { records: 1, bytes: 1 << 16 }

/**
 * The offset of the first record of a partition that was published at `time` (milliseconds since 1970) or later; the end if
 * there is none. Binary search, so exact if timestamps rise; if the clocks of producers differ, exact only to within that
 * difference.
 */
export async function firstAt(log: Log, { topic, partition, start, end }: PartitionState, time: number) {
  let low: bigint = start
  let high: bigint = end
  while (low < high) {
    const middle = low + (high - low) / 2n
    const found = await nextRecord(log, topic, partition, offset(middle), high)
    if (found === null || found.timestamp >= time) high = middle
    else low = found.offset + 1n
  }
  return offset(low)
}

/** The first record from an offset on, below `end`. */
async function nextRecord(log: Log, topic: string, partition: number, from: Offset, end: bigint) {
  for (let at = from; at < end;) {
    const { records, next } = await log.read(topic, partition, at, limits)
    const first = records[0]
    if (first) return first.offset < end ? first : null
    if (next <= at) return null
    at = next
  }
  return null
}

/** The target of a group's offset. */
export type ResetTarget =
  | { readonly kind: 'earliest' | 'latest' }
  /** The first record of that time (milliseconds since 1970) or later. */
  | { readonly kind: 'datetime'; readonly time: number }
  | { readonly kind: 'shift'; readonly by: bigint }
  | { readonly kind: 'offset'; readonly offset: bigint }

/** The reset of one partition. */
export interface PartitionReset {
  readonly partition: number
  /** The committed offset; null if there is none. */
  readonly from: Offset | null
  readonly to: Offset
  /** Offsets that will be read again; if negative, offsets that will be skipped. */
  readonly again: bigint
  /** Offsets that were never read and are now before the start of the partition. */
  readonly gone: bigint
  /** The requested offset, if it is outside the partition. */
  readonly clamped: bigint | null
  /** Whether the group had begun and its offset is lost. */
  readonly forgotten: boolean
}

export interface ResetRequest {
  readonly group: string
  readonly topic: string
  readonly target: ResetTarget
  /** Only this partition; null: all. */
  readonly partition: number | null
  readonly dryRun: boolean
}

/**
 * Moves a group's committed offsets, each by a commit under a claim: the owner of the partition is fenced, and the offset is
 * either moved or not.
 * @throws STEERFLOW_GROUP_ACTIVE while the group has members, STEERFLOW_USAGE for a partition that does not exist, and for
 * a shift of an offset that is lost
 */
export async function resetOffsets(log: Log, request: ResetRequest): Promise<readonly PartitionReset[]> {
  const { group, topic, dryRun } = request
  const states = (await log.state(topic)).filter(({ partition }) => [null, partition].includes(request.partition))
  if (states.length === 0)
    throw new SteerflowError('STEERFLOW_USAGE', `${topic} has no partition ${String(request.partition)}`)
  if (!dryRun) await refuseMembers(log, group)
  const committed = await log.committed(group, topic)
  const gone = (await log.admin?.forgotten(group, topic)) ?? new Set<number>()
  const planned: PartitionReset[] = []
  // All are planned before the first is moved.
  for (const state of states) {
    const from = committed.get(state.partition) ?? null
    planned.push(await resetOf(log, request.target, state, from, gone.has(state.partition)))
  }
  if (dryRun) return planned
  const done: PartitionReset[] = []
  for (const plan of planned) {
    const claim = await log.claim(group, topic, plan.partition, { ifForgotten: plan.to })
    try {
      done.push(await move(log, request.target, plan, claim))
    } finally {
      await claim.release()
    }
  }
  return done
}

/** A member would continue from the new offset in the middle of its work; its operator has to stop it first. */
async function refuseMembers(log: Log, group: string): Promise<void> {
  const members = (await log.admin?.members(group)) ?? []
  if (members.length === 0) return
  const who = members.map(({ client, host }) => `${client} at ${host}`).join(', ')
  throw new SteerflowError('STEERFLOW_GROUP_ACTIVE', `${group} has ${members.length} members: ${who}`)
}

/** Under the claim's fence the committed offset cannot move; it may have moved since the plan was made. */
async function move(log: Log, target: ResetTarget, plan: PartitionReset, claim: Claim): Promise<PartitionReset> {
  const state = (await log.state(claim.topic)).find(({ partition }) => partition === claim.partition)!
  const reset = plan.forgotten ? plan : await resetOf(log, target, state, claim.committed, false)
  await claim.commit(claim.committed, reset.to, [])
  return reset
}

async function resetOf(
  log: Log,
  target: ResetTarget,
  state: PartitionState,
  from: Offset | null,
  forgotten: boolean,
): Promise<PartitionReset> {
  const { partition, start, end } = state
  if (forgotten && target.kind === 'shift') {
    const what = `partition ${partition}: its committed offset is lost, so there is nothing to shift`
    throw new SteerflowError('STEERFLOW_USAGE', `${what}; use --to-offset, --to-datetime, --to-earliest or --to-latest`)
  }
  const asked = target.kind === 'datetime' ? await firstAt(log, state, target.time) : askedOf(target, state, from)
  const to = offset(asked < start ? start : asked > end ? end : asked)
  const clamped = to === asked ? null : asked
  // It is unknown what a group whose offset is lost has read; it is assumed to have read everything.
  const read = from === null ? (forgotten ? end : start) : from < start ? start : from
  const gone = from !== null && from < start ? start - from : 0n
  return { partition, from, to, again: read - to, gone, clamped, forgotten }
}

function askedOf(
  target: Exclude<ResetTarget, { kind: 'datetime' }>,
  { start, end }: PartitionState,
  from: Offset | null,
): bigint {
  switch (target.kind) {
    case 'earliest':
      return start
    case 'latest':
      return end
    case 'offset':
      return target.offset
    case 'shift':
      return (from ?? start) + target.by
  }
}
