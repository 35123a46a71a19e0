import { z } from 'zod'
import type { Member } from './assignment.js'
import { AssignerProtocol } from './kafkajs.js'

/** The name of the members' common assignment protocol. */
export const protocolName = 'steerflow-cooperative'

const version = 1
const UserData = z.looseObject({ owned: z.array(z.int().min(0)), generation: z.int() })

/** The data that a member sends to the leader when it joins. */
export function joining(brokerTopic: string, member: Omit<Member, 'id'>) {
  const userData = Buffer.from(JSON.stringify({ owned: member.owned, generation: member.generation }))
  return {
    name: protocolName,
    metadata: AssignerProtocol.MemberMetadata.encode({ version, topics: [brokerTopic], userData }),
  }
}

/** A member as it joined. One with unreadable data owns nothing. */
export function memberOf(id: string, metadata: Buffer): Member {
  const decoded = AssignerProtocol.MemberMetadata.decode(metadata)
  try {
    const { owned, generation } = UserData.parse(JSON.parse(String(decoded?.userData)))
    return { id, owned, generation }
  } catch {
    return { id, owned: [], generation: -1 }
  }
}

export const assigning = (brokerTopic: string, shares: ReadonlyMap<string, readonly number[]>) =>
  [...shares].map(([memberId, partitions]) => ({
    memberId,
    memberAssignment: AssignerProtocol.MemberAssignment.encode({
      version,
      assignment: { [brokerTopic]: [...partitions] },
      userData: Buffer.alloc(0),
    }),
  }))

export const assignedOf = (brokerTopic: string, assignment: Buffer): readonly number[] =>
  AssignerProtocol.MemberAssignment.decode(assignment)?.assignment[brokerTopic] ?? []

/** The partitions assigned to a member, of any topic; none during a rebalance. */
export function sharesOf(assignment: Buffer): readonly number[] {
  try {
    return Object.values(AssignerProtocol.MemberAssignment.decode(assignment)?.assignment ?? {}).flat()
  } catch {
    return []
  }
}
