import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../support/checker.js'
import { openArena } from './arena.js'
import { isFaultless, type Result, round } from './findings.js'
import { brokerTopic, names, readAnswered } from './pipeline.js'
import { readTopic } from './read-topic.js'
import type { Choices, Scenario } from './scenario.js'
import { evidence } from './evidence.js'
import { Trial } from './trial.js'
import type { Sent } from './workload.js'

/** Runs a scenario from the start of its brokers to the verdict. */
export async function runScenario(
  name: string,
  scenario: Scenario,
  choices: Choices,
  say: (line: string) => void,
): Promise<Result> {
  const settings = { ...scenario.settings(choices), records: choices.records, seed: choices.seed }
  say(`${name}: ${scenario.summary}; ${choices.records} records, seed ${choices.seed}`)
  const arena = await openArena(settings)
  const folder = scenario.secondNode || scenario.store ? await mkdtemp(join(tmpdir(), 'steerflow-chaos-')) : null
  const folderIs = scenario.store ? 'the store' : 'of a second node'
  try {
    if (scenario.faults) arena.inference.faults(scenario.faults)
    const trial = new Trial(arena, { ...settings, ...(folder && { folder, folderIs }) }, say)
    const expected = arena.sent.filter(({ id }) => !scenario.spared?.(id))
    try {
      await trial.start()
      await scenario.run(trial, choices)
      arena.inference.hurry()
      await trial.done(expected.length)
      await lagEnds(trial)
    } catch (error) {
      trial.findings.hands.push(error instanceof Error ? error.message : String(error))
      say(String(error))
    } finally {
      await trial.crew.dismiss()
      await trial.tail.stop()
    }
    return await verdict(name, trial, expected, scenario.replays ?? false)
  } finally {
    if (folder) await rm(folder, { recursive: true, force: true })
    await arena.close()
  }
}

/** The group's lag is to reach 0 in the end, beyond control and aborted records. */
async function lagEnds({ arena, findings }: Trial): Promise<void> {
  const lag = async (): Promise<number> => {
    const committed = await arena.log.committed(names.group, names.in)
    const states = await arena.log.state(names.in)
    return states.reduce((sum, { partition, end }) => sum + Number(end - (committed.get(partition) ?? 0n)), 0)
  }
  const deadline = performance.now() + 15_000
  while ((await lag()) > 0 && performance.now() < deadline) await new Promise(resolve => setTimeout(resolve, 200))
  findings.atMost('lag in the end', await lag(), 0)
}

async function verdict(scenario: string, trial: Trial, expected: readonly Sent[], replays: boolean): Promise<Result> {
  const { arena, findings, crew, aborted, repeated } = trial
  const { bootstrap } = arena.kafka
  const out = await readTopic(bootstrap, brokerTopic(names.out), 'committed')
  const received = [...out.values()].flat().map(({ value, key }) => ({ id: readAnswered(value!).id, key: String(key) }))
  const found = check(expected, received)
  const verdict = replays ? { ...found, outOfOrder: 0 } : found
  const wrong = verdict.missing + verdict.duplicated + verdict.outOfOrder + verdict.unexpected > 0
  if (wrong) evidence(out, expected, trial)
  if (aborted !== null) {
    const all = [...(await readTopic(bootstrap, brokerTopic(names.out), 'uncommitted')).values()].flat().length
    const seen = all - received.length
    findings.bounds.push({
      name: 'records in aborted transactions, at least',
      limit: aborted,
      value: seen,
      met: seen >= aborted,
    })
  }
  const counts = await arena.inference.counts()
  const again = counts && counts.calls - counts.distinct
  const repeatedCalls = again === null ? null : { number: again, share: round(again / expected.length) }
  if (repeated !== null) findings.atMost('share of calls that were made again', repeatedCalls?.share ?? 1, repeated)
  const hands = [...findings.hands, ...crew.unexpected]
  const { seconds, faults, bounds } = findings
  const passed = isFaultless(verdict, bounds, hands)
  return {
    scenario,
    ...verdict,
    recoverySeconds: findings.recovery(),
    takenOverSeconds: findings.takenOver(),
    repeatedCalls,
    seconds,
    faults,
    bounds,
    hands,
    passed,
  }
}
