import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { openEmbeddedLog } from '../../src/adapters/log/embedded/log.js'
import { openShards } from '../../src/adapters/storage/shard-store.js'
import { readTopic } from '../../src/cli/read-topic.js'
import { conversationLine } from '../../src/domain/conversation-line.js'
import { encode } from '../../src/stages/node.js'
import { jobs, shards, topicSpecs } from '../../src/topics.js'
import { temporary } from '../support/pipelines.js'
import { attributeSetName, conversation } from '../support/training.js'

const script = fileURLToPath(new URL('../support/trigger-process.mjs', import.meta.url))
const age = 0.2

/** Runs the trigger until its nth step kills it, or until it has nothing left to do. Returns whether the step was reached. */
async function triggerKilledAt(n: number, root: string, isDone: () => Promise<boolean>): Promise<boolean> {
  const child = spawn(process.execPath, [script, String(n), root, String(age)], { stdio: 'inherit' })
  let over = false
  const ended = new Promise<boolean>(resolve => child.on('exit', (_, signal) => resolve(signal === 'SIGKILL')))
  void ended.then(() => (over = true))
  while (!over && !(await isDone())) await sleep(20)
  if (over) return ended
  child.kill('SIGKILL')
  await ended
  return false
}

test('killed at every step, the trigger asks once for what has waited too long, and for nothing else', async () => {
  const root = temporary()
  const log = await openEmbeddedLog({ dir: join(root, 'log') })
  onTestFinished(() => log.close())
  await log.ensure(topicSpecs)
  const store = await openShards(root)
  let sealed = 0
  const sealOne = async (): Promise<void> => {
    const from = BigInt(sealed++)
    const cut = await store.begin({ version: 1, topic: 'conversations.scored', partition: 0, from, signal: new AbortController().signal }) // prettier-ignore
    const file = { dataset: 'steerlm', split: 'train', attributeSet: attributeSetName } as const
    await cut.append(file, conversationLine(conversation(`r${from}`)))
    for (const manifest of await cut.seal(from + 1n)) {
      const event = { dataset: 'steerlm', event: 'sealed', at: null, manifest: { ...manifest, reason: 'age' } } as const
      await log.publish([encode(shards, event)])
    }
  }
  const decided = async () => readTopic(log, jobs)
  const last = async () => Number((await decided()).at(-1)?.decision.values.records ?? 0)
  /** All that was sealed is decided about, and the trigger has read everything, its own events too. */
  const isDone = async (): Promise<boolean> => {
    if ((await last()) < sealed) return false
    const committed = await log.committed('trigger', shards.name)
    return (await log.state(shards.name)).every(({ partition, end }) => (committed.get(partition) ?? 0n) >= end)
  }
  let kills = 0
  for (let n = 1; n <= 12; n++) {
    await sealOne()
    if (await triggerKilledAt(n, root, isDone)) kills++
  }
  if (!(await isDone())) expect(await triggerKilledAt(0, root, isDone)).toBe(false)
  expect(kills).toBeGreaterThan(6)

  const decisions = await decided()
  const seen = decisions.map(({ decision }) => Number(decision.values.records))
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
  expect(seen.at(-1)).toBe(sealed)
  expect(decisions.reduce((sum, { decision }) => sum + Number(decision.values.new), 0)).toBe(sealed)
  expect(decisions.every(({ state, decision }) => state === 'requested' && decision.rule === `age>=${age}`)).toBe(true)
  const events = (await readTopic(log, shards)).map(({ event }) => event)
  expect(events.filter(event => event === 'aged')).toHaveLength(decisions.length)
  expect(events.filter(event => event === 'rules')).toHaveLength(1)
})
