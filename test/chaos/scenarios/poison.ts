import { setTimeout as sleep } from 'node:timers/promises'
import { brokerTopic, names } from '../pipeline.js'
import { readTopic } from '../read-topic.js'
import { partitionsFor, type Scenario } from '../scenario.js'
import type { Trial } from '../trial.js'

/** In the middle of the first records of its partition. */
const poison = 'r1000'

/** One record fails at every server while the others pass; it becomes a dead letter that says where it came from. */
async function poisoned(trial: Trial): Promise<void> {
  const { arena, crew, findings } = trial
  const { bootstrap } = arena.kafka
  findings.fault('one record fails everywhere', { id: poison })
  for (const deadline = Date.now() + 120_000; crew.since(0, 'dead-letter').length === 0; await sleep(100))
    if (Date.now() > deadline) throw new Error('no dead letter in two minutes')
  await trial.done(arena.sent.length - 1)
  const letters = [...(await readTopic(bootstrap, brokerTopic(names.deadLetters), 'committed')).values()].flat()
  const input = await readTopic(bootstrap, brokerTopic(names.in), 'committed')
  const origins = letters.map(({ headers, value }) => {
    const [code, partition, offset] = ['code', 'origin-partition', 'origin-offset'].map(name => String(headers?.[name]))
    const source = input.get(Number(partition))?.find(record => record.offset === offset)
    return { code, same: source?.value?.equals(value!) === true && String(value).includes(`"${poison}"`) }
  })
  findings.fault('dead letters', { letters: origins })
  findings.atMost('dead letters', letters.length, 1)
  const right = origins.filter(({ code, same }) => code === 'STEERFLOW_RECORD_EXHAUSTED' && same)
  findings.atMost('dead letters without their code and origin', 1 - right.length, 0)
}

export const scenario: Scenario = {
  summary: 'one record fails at every server while others pass',
  times: 1,
  settings: choices => ({ partitions: partitionsFor(choices), brokers: 1, via: 'fleet', workers: 3, seconds: 30 }),
  faults: [{ fault: { kind: 'status', status: 500 }, containing: `record ${poison}.` }],
  spared: id => id === poison,
  run: trial => poisoned(trial),
}
