/** A record by what identifies it: a unique id, and the key within which order counts. */
export interface Identified {
  readonly id: string
  readonly key: string
}

export interface Verdict {
  readonly sent: number
  readonly received: number
  /** Sent and never received. */
  readonly missing: number
  /** Received again. */
  readonly duplicated: number
  /** Received after a record of the same key that was sent later. */
  readonly outOfOrder: number
  /** Received and never sent. */
  readonly unexpected: number
}

/** Compares what was sent, in the order of sending, with what was received, in the order of receiving. */
export function check(sent: Iterable<Identified>, received: Iterable<Identified>): Verdict {
  const sentAt = new Map<string, number>()
  for (const { id } of sent) sentAt.set(id, sentAt.size)
  const seen = new Set<string>()
  const latest = new Map<string, number>()
  const counts = { received: 0, duplicated: 0, outOfOrder: 0, unexpected: 0 }
  for (const { id, key } of received) {
    counts.received++
    const at = sentAt.get(id)
    if (at === undefined) counts.unexpected++
    else if (seen.has(id)) counts.duplicated++
    else if (at < (latest.get(key) ?? -1)) counts.outOfOrder++
    else latest.set(key, at)
    if (at !== undefined) seen.add(id)
  }
  return { sent: sentAt.size, missing: sentAt.size - seen.size, ...counts }
}

/** The verdict on a delivery without fault. */
export const faultless = (sent: number): Verdict => ({
  sent,
  received: sent,
  missing: 0,
  duplicated: 0,
  outOfOrder: 0,
  unexpected: 0,
})
