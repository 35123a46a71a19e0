import { setTimeout as sleep } from 'node:timers/promises'
import { check } from '../support/checker.js'
import { brokerTopic, names, readAnswered } from './pipeline.js'
import { readTopic } from './read-topic.js'
import type { Trial } from './trial.js'

/** Waits for the copies, and counts them as any reader does. */
export async function copiedOnce({ arena, findings }: Trial): Promise<void> {
  const look = async () => {
    const out = await readTopic(arena.kafka.bootstrap, brokerTopic(names.copied), 'committed')
    return [...out.values()].flat().map(({ value, key }) => ({ id: readAnswered(value!).id, key: String(key) }))
  }
  let copied = await look()
  for (const end = performance.now() + 150_000; copied.length < arena.sent.length && performance.now() < end;) {
    await sleep(500)
    copied = await look()
  }
  const { missing, duplicated, outOfOrder, unexpected } = check(arena.sent, copied)
  findings.atMost('copies missing', missing, 0)
  findings.atMost('copies doubled', duplicated, 0)
  findings.atMost('copies out of order or never sent', outOfOrder + unexpected, 0)
}
