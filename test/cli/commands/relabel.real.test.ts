import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import { readAll } from '../../../src/runtime/read-all.js'
import { type Conversation, Conversation as Schema } from '../../../src/domain/conversation.js'
import { encode, reader } from '../../../src/stages/node.js'
import { relabelled, scored, topicSpecs } from '../../../src/topics.js'
import { fourTurns, labelsBy } from '../../support/annotated-by.js'
import { startCli } from '../../support/cli.js'
import { startContractServer } from '../../support/contract-server/server.js'
import { temporary } from '../../support/pipelines.js'

const records = 400
const shift = 2

/** Conversations as the golden model annotated them. */
const given: readonly Conversation[] = fourTurns(records).map(record => {
  const labels = labelsBy(0, record)
  const scores = labels.map(label => ({ quality: Number(/quality:(\d)/.exec(label)![1]) }))
  return {
    ...record,
    conversations: record.conversations.map((turn, index) => ({ ...turn, label: labels[index]! })),
    steerflow: { ...record.steerflow, scores, value_model: 'A' },
  }
})

async function relabelledIn(dir: string): Promise<readonly Conversation[]> {
  const log = await openLog(dir)
  const read = reader(relabelled)
  const found: Conversation[] = []
  for await (const { value } of readAll(log, relabelled.name)) found.push(read(value))
  await log.close()
  return found
}

test('killed again and again, it gives every conversation the labels of the model once, and the rest stays', async () => {
  const server = await startContractServer({ shift, latencyMs: 5 })
  onTestFinished(() => server.stop())
  const dir = temporary()
  const config = join(dir, 'steerflow.yaml')
  writeFileSync(config, `dataDir: ${dir}\nannotate:\n  model: B\n  endpoints: ['${server.url}']\n`)
  const log = await openLog(dir)
  await log.ensure(topicSpecs)
  await log.publish(given.map(record => encode(scored, record)))
  onTestFinished(() => log.close())
  const count = async (): Promise<number> =>
    (await log.state(relabelled.name)).reduce((sum, { end }) => sum + Number(end), 0)
  const start = (...args: string[]) =>
    startCli(['relabel', '--model', 'B', '--until-idle', '--config', config, ...args])

  let kills = 0
  for (let done = false; !done;) {
    const before = await count()
    const { child, ended } = start()
    const killing = (async () => {
      // Killed a random while after it has committed something new, up to six times.
      while (child.exitCode === null && (await count()) === before) await sleep(5)
      await sleep(Math.random() * 40)
      if (kills < 6) child.kill('SIGKILL')
    })()
    const { signal, code, stdout, stderr } = await ended
    await killing
    if (signal === 'SIGKILL') kills++
    else {
      expect(code, stderr).toBe(0)
      expect(stdout).toMatch(/400 of conversations\.scored done with B, 0 left\n$/)
      done = true
    }
  }
  expect(kills).toBeGreaterThan(1)

  const found = await relabelledIn(dir)
  expect(found.map(({ steerflow }) => steerflow.id).sort()).toEqual(given.map(({ steerflow }) => steerflow.id).sort())
  const byId = new Map(given.map(record => [record.steerflow.id, record]))
  for (const record of found) {
    const { rescored, ...old } = record.steerflow
    expect({ ...record, steerflow: old }).toEqual(byId.get(record.steerflow.id))
    expect(rescored).toHaveLength(1)
    expect(rescored![0]).toMatchObject({ value_model: 'B', labels: labelsBy(shift, record) })
    expect(Schema.safeParse(record).success).toBe(true)
  }

  const quality = (label: string | null | undefined) => /quality:(\d)/.exec(label!)![1]
  const same = found.flatMap(({ conversations, steerflow }) =>
    conversations.filter(({ label }, turn) => quality(label) === quality(steerflow.rescored![0]!.labels[turn])),
  ).length
  expect(same).toBeLessThan(records)

  const again = await start('--compare').ended
  expect(again.stdout).toMatch(/^nothing new: 400 of conversations\.scored done with B, 0 left\n/)
  expect(again.stdout).toMatch(new RegExp(`\\nquality +1,600 +${(same / 16).toFixed(1).replace('.', '\\.')} % `))
  const facts = JSON.parse((await start('--compare', '--json').ended).stdout) as Record<string, unknown>
  expect(facts).toMatchObject({ model: 'B', value_model: 'B', committed: 0, done: 400, behind: 0, dead_letters: 0 })
  expect(facts.comparison).toContainEqual(
    expect.objectContaining({ attribute: 'quality', turns: 1600, agreement: same / 1600 }),
  )
  const wrong = await startCli(['relabel', '--model', 'C', '--config', config]).ended
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--model C: no server or file provides it')])
})
