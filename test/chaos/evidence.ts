import type { KafkaMessage } from 'kafkajs'
import { readAnswered } from './pipeline.js'
import type { Trial } from './trial.js'
import type { Sent } from './workload.js'

/** Says what is known of records that were doubled or lost: where they are, who made them, and who owned what when. */
export function evidence(
  out: ReadonlyMap<number, readonly KafkaMessage[]>,
  expected: readonly Sent[],
  { crew, say, arena }: Trial,
): void {
  const partitionOf = new Map(arena.sent.map(({ id, partition }) => [id, partition]))
  const made = new Map<string, string[]>()
  for (const [partition, messages] of out) {
    for (const { value, offset, timestamp } of messages) {
      const { id, by } = readAnswered(value!)
      const at = `out/${partition}@${offset} by ${by} at ${timestamp}`
      made.set(id, [...(made.get(id) ?? []), at])
    }
  }
  const lost = expected.filter(({ id }) => !made.has(id))
  say(`missing: ${lost.map(({ id, partition }) => `${id} of in/${partition}`).join(', ')}`)
  for (const [id, places] of made)
    if (places.length > 1) say(`doubled: ${id} of in/${partitionOf.get(id)}: ${places.join(', ')}`)
  for (const { at, worker, message } of crew.told)
    say(`${new Date(performance.timeOrigin + at).toISOString()} ${worker} ${JSON.stringify(message)}`)
}
