import { beforeEach, describe, expect, it } from 'vitest'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { openLog } from '../../../src/adapters/log/open.js'
import type { RoundStatus } from '../../../src/cli/bootstrap/status.js'
import { readTopic } from '../../../src/cli/read-topic.js'
import { RoundPlan } from '../../../src/domain/bootstrap/round-plan.js'
import type { RoundEvent } from '../../../src/domain/bootstrap/round.js'
import { encode } from '../../../src/stages/node.js'
import * as topics from '../../../src/topics.js'
import { outcome } from '../../domain/bootstrap/outcomes.js'
import { policyOf, round, roundEvent, summaryOf } from '../../support/rounds.js'
import { runMain } from '../../support/run-main.js'
import { seal } from '../../support/sealed.js'
import { begunFolder } from '../../support/begun.js'
import { conversation, trained } from '../../support/training.js'

let root: string
beforeEach(async () => {
  root = await begunFolder()
})

const run = (...argv: readonly string[]) =>
  runMain(['bootstrap', ...argv, '--data-dir', root, '--set', 'bootstrap.loop=loop'], 120)

async function onLog<T>(work: (log: Awaited<ReturnType<typeof openLog>>) => Promise<T>): Promise<T> {
  const log = await openLog(root)
  try {
    await log.ensure(topics.topicSpecs)
    return await work(log)
  } finally {
    await log.close()
  }
}
const record = (...events: RoundEvent[]) => onLog(log => log.publish(events.map(event => encode(topics.rounds, event))))
const events = () => onLog(log => readTopic(log, topics.rounds))

const withSnapshot = async () => {
  const manifests = await seal(root, [[conversation('a')]])
  await (await openSnapshots({ root })).materialise('steerlm', manifests)
}

const requested = roundEvent('requested', { purpose: 'train', plan: RoundPlan.parse({}) })
const opened = roundEvent('opened', {
  opening: round({ prompts: { count: 3, path: 'bootstrap/loop-1/prompts.jsonl', sha256: '' } }),
})
const closed = roundEvent('closed', { summary: summaryOf() })
const judged = (go: boolean) =>
  roundEvent('judged', { verdict: { go, rule: 'every rule held', gates: [], best: policyOf(1) } })
const model = roundEvent('trained', { model: trained('a'.repeat(64), []) })

describe('bootstrap start', () => {
  it('asks for the first round with the plan of the configuration', async () => {
    await withSnapshot()
    const { code, out } = await run('start', '--set', 'bootstrap.samples=4', '--set', 'bootstrap.gate.keep=1')
    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringContaining('round loop-1 is requested') as string,
    })
    expect(await events()).toMatchObject([
      {
        loop: 'loop',
        round: 'loop-1',
        event: 'requested',
        by: 'person',
        purpose: 'train',
        plan: { samples: 4, gate: { keep: 1 } },
      },
    ])
  })

  it.each([
    ['bootstrap.target.attribute=style', 'bootstrap.target.attribute is style'],
    ['bootstrap.gate.goodness={style: 1}', 'bootstrap.gate.goodness is style'],
  ])('refuses %s, which the data is not labelled with', async (set, says) => {
    await withSnapshot()
    const { code, err } = await run('start', '--set', set)
    expect([code, err]).toEqual([2, expect.stringContaining(says)])
    expect(err).toContain('the snapshot of steerlm is labelled with oasst-12-lang@1 (quality, ')
    expect(await events()).toEqual([])
  })

  it('says what is missing when there is no training data', async () => {
    const { code, err } = await run('start')
    expect(code).toBe(2)
    expect(err).toContain('steerflow datasets snapshot steerlm')
    expect(await events()).toEqual([])
  })

  it.each<[string, RoundEvent[], string[], string]>([
    ['a round is open', [requested, opened], [], 'is not complete yet'],
    ['a model is being trained', [requested, opened, closed, judged(true)], [], '--without-model'],
  ])('refuses while %s', async (_, before, flags, message) => {
    await withSnapshot()
    await record(...before)
    const { code, err } = await run('start', ...flags)
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('asks for the next with the model of the last, for the same when it is not waited for, and to measure at the end', async () => {
    await withSnapshot()
    await record(requested, opened, closed, judged(true))
    expect((await run('start', '--without-model')).code).toBe(0)
    expect((await events()).at(-1)).toMatchObject({ round: 'loop-2', purpose: 'train', policy: policyOf(1) })

    const second = { round: 'loop-2', number: 2 }
    await record(...[opened, closed, judged(true), model].map(event => ({ ...event, ...second })))
    const asked = await run('start')
    expect(asked.out).toContain('measurement only')
    expect(asked.err).toMatch(
      /^warning: the model value-model-a+ has no files: jobs\/.* is not in .*: removed by its keep rule/,
    )
    const { model: name, digest } = model.model!
    expect((await events()).at(-1)).toMatchObject({
      round: 'loop-3',
      purpose: 'measure',
      policy: { model: name, digest },
    })
  })
})

describe('bootstrap status', () => {
  it('shows how far every round is', async () => {
    await record(requested, opened, roundEvent('asked', { next: 3 }))
    await onLog(log => log.publish([encode(topics.outcomes, outcome('rejected', { prompt: 1 }))]))
    const [status] = (await run('status', '--json')).out.trim().split('\n')
    expect(JSON.parse(status!)).toMatchObject({
      round: 'loop-1',
      state: 'sampling',
      prompts: 3,
      asked: 3,
      ended: 1,
      acceptance: 0,
    } satisfies Partial<RoundStatus>)
    expect((await run('status')).out).toMatch(/^loop-1 +sampling +steerlm-model +1 of 3 +0%/m)
  })

  it.each<[string, RoundEvent[]]>([
    ['asked for', [requested]],
    ['publishing prompts', [requested, opened]],
    ['given up, ending', [requested, opened, roundEvent('stopped', { by: 'person' })]],
    ['could not be opened', [requested, roundEvent('stopped', { reason: 'no snapshot' })]],
    ['training', [requested, opened, closed, judged(true)]],
    ['trained', [requested, opened, closed, judged(true), model]],
    ['not trained on', [requested, opened, closed, judged(false)]],
  ])('says %s', async (state, before) => {
    await record(...before)
    expect((await run('status', '--loop', 'loop')).out).toContain(`loop-1  ${state}`)
  })

  it('of nothing says how to begin', async () => {
    expect((await run('status')).out).toContain('steerflow bootstrap start')
    expect((await run('status', '--loop', 'other')).code).toBe(2)
  })
})

describe('bootstrap stop', () => {
  it('gives up a round that is open, once', async () => {
    await record(requested, opened)
    expect((await run('stop', '--reason', 'wrong judge')).out).toContain('is stopped and closes')
    expect((await events()).at(-1)).toMatchObject({ event: 'stopped', by: 'person', reason: 'wrong judge' })
    expect((await run('stop')).code).toBe(2)
  })
})
