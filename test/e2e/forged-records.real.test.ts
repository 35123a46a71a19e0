import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openLog } from '../../src/adapters/log/open.js'
import type { SteerflowError } from '../../src/domain/errors.js'
import { letters } from '../../src/runtime/letters.js'
import * as topics from '../../src/topics.js'
import { runMain } from '../support/run-main.js'
import { temporaryFolder } from '../support/temporary.js'
import { job, manifest, registered } from '../support/training.js'

const evil = '../../EVIL/../EVIL'

const forged = (topic: string, record: object) => ({
  topic,
  key: Buffer.from('k'),
  value: Buffer.from(JSON.stringify(record)),
})

/** What lies in a folder and those below it. */
const all = async (folder: string) => (await readdir(folder, { recursive: true })).sort()

it('records with names that lead out of the data folder are dead letters: nothing is written or started there', async () => {
  const parent = await temporaryFolder()
  const root = join(parent, 'a', 'b', 'root')
  await mkdir(root, { recursive: true })
  const log = await openLog(root)
  await log.ensure(topics.topicSpecs)
  const records = [
    forged('training.jobs', job({ job: evil, launcher: 'exec' })),
    forged('training.jobs', job({ job: evil, launcher: 'exec', state: 'launching', attempt: 1 })),
    forged('training.jobs', job({ snapshot: { ...job().snapshot, path: evil } })),
    forged('training.jobs', job({ launched_as: '--help', launcher: 'slurm' })),
    forged('training.shards', { dataset: evil, event: 'idle', at: null, manifest: null }),
    forged('training.shards', { dataset: 'd', event: 'sealed', at: null, manifest: { ...manifest(), path: evil } }),
    forged('models', { ...registered('a'), path: evil }),
    forged('bootstrap.rounds', { loop: 'x', round: evil, event: 'requested', by: 'person', number: 1 }),
  ]
  await log.publish(records)
  // One that is as it should be comes through behind them.
  await log.publish([forged('training.jobs', job({ job: 'good', launcher: 'nothing-of-that-name' }))])
  await log.close()

  const flags = ['--data-dir', root]
  const run = await runMain(['run', '--nodes', 'trigger,launch,promote,open-round', '--until-idle', ...flags])
  expect(run.err).not.toContain('STEERFLOW_BUG')

  expect((await all(parent)).filter(path => !path.startsWith('a/b/root')).sort()).toEqual(['a', 'a/b'])
  expect((await all(root)).filter(path => path.startsWith('jobs') || path.includes('EVIL'))).toEqual([])
  const again = await openLog(root)
  const codes: string[] = []
  const names = { deadLetters: topics.deadLetters.name, replayed: topics.replayed.name }
  for await (const { code } of letters(again, names)) codes.push(code)
  await again.close()
  expect(codes).toEqual(records.map(() => 'STEERFLOW_RECORD_INVALID' satisfies SteerflowError['code']))

  // Who only looks is not stopped by them.
  const list = await runMain(['jobs', 'list', ...flags])
  expect(list).toMatchObject({ code: 0, out: expect.stringContaining('good') as string })
  expect(list.out).not.toContain('EVIL')
  for (const command of [
    ['datasets', 'list'],
    ['models', 'list'],
    ['bootstrap', 'status'],
    ['shards', 'list'],
  ]) {
    expect([command, (await runMain([...command, ...flags])).code]).toEqual([command, 0])
  }
})
