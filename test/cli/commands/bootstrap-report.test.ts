import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import type { RoundEvent } from '../../../src/domain/bootstrap/round.js'
import { encode } from '../../../src/stages/node.js'
import * as topics from '../../../src/topics.js'
import { runMain } from '../../support/run-main.js'
import { temporaryFolder } from '../../support/temporary.js'
import { trained } from '../../support/training.js'
import { reportOf } from '../bootstrap/report/reports.js'

const report = reportOf(2)
const model = trained('a'.repeat(64), [])

/** What happened in a loop of which the first round was trained on, the second judged, and the third opened. */
const events: readonly RoundEvent[] = [
  ...report.rounds.flatMap(({ round, summary, verdict }, at): RoundEvent[] => {
    const { loop, number, purpose, policy, plan } = round
    const event = { loop, round: round.round, number, by: 'rule' as const }
    return [
      { ...event, event: 'requested', purpose, policy, plan },
      { ...event, event: 'opened', opening: round },
      { ...event, event: 'closed', summary },
      { ...event, event: 'judged', verdict: verdict! },
      ...(at === 0 ? [{ ...event, event: 'trained' as const, model }] : []),
    ]
  }),
]

describe('bootstrap report', () => {
  let root: string
  beforeEach(async () => {
    root = await temporaryFolder()
    const log = await openLog(root)
    await log.ensure(topics.topicSpecs)
    await log.publish(events.map(event => encode(topics.rounds, event)))
    await log.close()
  })
  const run = (...argv: readonly string[]) =>
    runMain(['bootstrap', 'report', ...argv, '--data-dir', root, '--set', 'bootstrap.loop=loop'], 120)

  it('prints the last round that has closed', async () => {
    const { code, out } = await run()
    expect(code).toBe(0)
    expect(out).toMatch(/^round loop-2$/m)
    expect(out).toMatch(/^Go on: every rule held\./m)
  })

  it('prints the records themselves as JSON', async () => {
    const { out } = await run('--json')
    const [first, second] = report.rounds
    expect(JSON.parse(out)).toEqual({ loop: 'loop', rounds: [{ ...first, model }, second] })
    expect(JSON.parse((await run('loop-1', '--json')).out)).toEqual({
      loop: 'loop',
      rounds: [{ ...first, model }],
    })
  })

  it('writes a page', async () => {
    const file = join(root, 'report.html')
    const { code, out, err } = await run('loop-1', '--html', file)
    expect([code, out, err]).toEqual([0, '', `wrote ${file}\n`])
    expect(await readFile(file, 'utf8')).toMatch(/^<!doctype html>[^]*Bootstrap round loop-1/)
  })

  it.each([
    ['a round that never was', ['loop-9'], /there is no round loop-9; known: loop-1, loop-2/],
    ['a loop that never was', ['--loop', 'other'], /there is no loop other/],
  ])('says what is there instead of %s', async (_, argv, message) => {
    const { code, err } = await run(...argv)
    expect(code).not.toBe(0)
    expect(err).toMatch(message)
  })
})
