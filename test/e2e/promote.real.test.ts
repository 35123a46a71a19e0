import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from '../../src/adapters/log/open.js'
import { readTopic } from '../../src/cli/read-topic.js'
import { activeModel } from '../../src/domain/model-registry.js'
import type { ModelRecord } from '../../src/domain/model.js'
import { encode } from '../../src/stages/node.js'
import { models, topicSpecs } from '../../src/topics.js'
import { startCli } from '../support/cli.js'
import { temporary } from '../support/pipelines.js'
import { metric, registered } from '../support/training.js'

const letters = [...'abcdefghijklmnopqrstuvwx']
/** Each a little better than the one before it, but for every third, which is worse beyond the interval. */
const made = letters.map((letter, at) => registered(letter, [metric(at % 3 === 2 ? 0.1 : 0.5 + at / 100, 0.4)]))

async function registry(dir: string): Promise<readonly ModelRecord[]> {
  const log = await openLog(dir)
  const records = await readTopic(log, models)
  await log.close()
  return records
}

async function withModels(): Promise<string> {
  const dir = temporary()
  const log = await openLog(dir)
  await log.ensure(topicSpecs)
  await log.publish(made.map(record => encode(models, record)))
  await log.close()
  return dir
}

const start = (dir: string) => startCli(['run', '--nodes', 'promote', '--until-idle', '--data-dir', dir])
const decisions = (records: readonly ModelRecord[]) =>
  records.slice(made.length).map(({ model, state, reason }) => `${model} ${state} ${reason}`)

test('killed again and again, the rule decides about each model once', async () => {
  const undisturbed = await withModels()
  expect((await start(undisturbed).ended).code).toBe(0)
  const expected = decisions(await registry(undisturbed))
  const accepted = letters.filter((_, at) => at % 3 !== 2).length
  // A record for each model, whether it becomes active or stays out, and one for each that is replaced.
  expect(expected).toHaveLength(letters.length + accepted - 1)

  const dir = await withModels()
  const log = await openLog(dir)
  onTestFinished(() => log.close())
  const count = async (): Promise<number> => Number((await log.state(models.name))[0]!.end)
  let kills = 0
  for (let done = false; !done;) {
    const before = await count()
    const { child, ended } = start(dir)
    // Killed as soon as it has decided about something, and a random while after that.
    const grown = (async () => {
      while (child.exitCode === null && (await count()) === before) await sleep(5)
      await sleep(Math.random() * 10)
      child.kill('SIGKILL')
    })()
    const { signal, code, stderr } = await ended
    await grown
    if (signal === 'SIGKILL') kills++
    else {
      expect(code, stderr).toBe(0)
      done = true
    }
  }
  expect(kills).toBeGreaterThan(2)
  const records = await registry(dir)
  expect(decisions(records)).toEqual(expected)
  expect(activeModel(records, 'value')?.model).toBe(made.at(-2)!.model)
})
