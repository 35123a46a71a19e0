import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKafkaLog } from '../../src/adapters/log/kafka/log.js'
import { main } from '../../src/cli/program.js'
import type { Log } from '../../src/runtime/log.js'
import { makeTopics } from '../../src/runtime/topic-plan.js'
import { preprocess } from '../../src/stages/preprocess.js'
import { deadLetters, raw, topicSpecs } from '../../src/topics.js'
import { type Figure, figure } from '../figure.js'
import { sized } from '../sizes.js'
import { step } from '../steps.js'
import type { Task } from './work.js'

const letters = sized(20_000, 1_200)
const rounds = sized(3, 1)
/** Letters that a second of the command replays at least, so that an hour's worth is not an hour's work. */
const goal = 2_000

/**
 * `dead-letters replay` of letters of 1 KiB, from its call to its end: letters a second. Those of earlier rounds are read
 * again and passed over.
 */
export async function replayed({
  brokers,
  namespace,
}: Pick<Task, 'brokers' | 'namespace'>): Promise<readonly Figure[]> {
  const kafka = { brokers, namespace }
  const log = await openKafkaLog(kafka)
  const dataDir = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
  const rates: Record<'second' | 'cpuSecond', number[]> = { second: [], cpuSecond: [] }
  try {
    await makeTopics(log, topicSpecs)
    for (let round = 0; round <= rounds; round++) {
      step(`round ${round}: writing the letters`)
      await write(log)
      step(`round ${round}: the replay`)
      const [started, used] = [performance.now(), process.cpuUsage()]
      const said = await command(
        'dead-letters',
        'replay',
        '--data-dir',
        dataDir,
        '--set',
        `log=${JSON.stringify({ kafka })}`,
      )
      if (said !== `replayed ${letters}\n`) throw new Error(`${letters} letters, and the command said: ${said}`)
      if (round === 0) continue
      const { user, system } = process.cpuUsage(used)
      rates.second.push((letters * 1000) / (performance.now() - started))
      rates.cpuSecond.push((letters * 1e6) / (user + system))
    }
  } finally {
    await log.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  return [
    figure('dead letters replayed a second', goal, 'the least that was asked for', 'letters/s', rates.second),
    figure('the same a CPU second of the command', null, 'absolute', 'letters/s', rates.cpuSecond),
  ]
}

async function write(log: Log): Promise<void> {
  const origin = { 'origin-topic': raw.name, 'origin-partition': '1', 'origin-offset': '0' }
  const headers = {
    code: 'STEERFLOW_STAGE_FAILED',
    node: preprocess.name,
    cause: 'written by the benchmark',
    ...origin,
  }
  const letter = { topic: deadLetters.name, key: null, value: Buffer.alloc(1024, 'x'), headers }
  for (let at = 0; at < letters; at += 400) await log.publish(Array.from({ length: 400 }, () => letter))
}

/** Runs a command line and returns what it printed. */
async function command(...argv: readonly string[]): Promise<string> {
  let said = ''
  const add = (text: string | Uint8Array): void => void (said += String(text))
  await main(argv, { out: add, err: add })
  return said
}
