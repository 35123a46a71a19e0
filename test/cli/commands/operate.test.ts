import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import { ownIdentity } from '../../../src/adapters/processes/identity.js'
import { offset } from '../../../src/runtime/log.js'
import { topicSpecs } from '../../../src/topics.js'
import { runMain } from '../../support/run-main.js'
import { temporaryFolder } from '../../support/temporary.js'

const run = (root: string, ...argv: readonly string[]) => runMain([...argv, '--data-dir', root])

/** A data folder in which `annotate` and `seal-scored` have read 2 of 5 records of one partition. */
async function dataFolder(): Promise<string> {
  const root = await temporaryFolder()
  const log = await openLog(root)
  await log.ensure(topicSpecs)
  for (const [node, topic] of [
    ['annotate', 'conversations.unscored-clean'],
    ['seal-scored', 'conversations.scored'],
  ] as const) {
    await log.publish(Array.from({ length: 5 }, () => ({ topic, partition: 1, key: null, value: Buffer.from('{}') })))
    const claim = await log.claim(node, topic, 1)
    await claim.commit(offset(0), offset(2), [])
  }
  await log.close()
  return root
}

describe('topics', () => {
  it('are planned, then made, and then there is nothing to do', async () => {
    const root = await temporaryFolder()
    await (await openLog(root)).close()
    const before = await run(root, 'topics', 'plan')
    expect(before.code).toBe(0)
    expect(before.out).toMatch(/\nconversations\.raw +- +4 {2}create\n/)
    expect(before.out).not.toContain('nothing to do')
    expect((await run(root, 'topics', 'apply')).out).toMatch(/\nconversations\.raw +- +4 {2}created\n/)
    expect((await run(root, 'topics', 'plan')).out).toMatch(/\nconversations\.raw +4 +4\n[^]*\nnothing to do\n$/)
  })

  it('with more partitions than declared have drifted', async () => {
    const root = await dataFolder()
    const { out, code } = await run(root, 'topics', 'plan', '--set', 'topics={conversations.raw: {partitions: 2}}')
    expect(code).toBe(0)
    expect(out).toContain('drift: conversations.raw: partitions is 4, not 2: partitions are never removed\n')
    const json = await run(root, 'topics', 'plan', '--json')
    expect(JSON.parse(json.out)).toContainEqual({
      topic: 'conversations.raw',
      action: 'none',
      now: 4,
      wanted: 4,
      drift: [],
    })
  })

  it('grow with a warning', async () => {
    const root = await dataFolder()
    const more = ['--set', 'topics={conversations.raw: {partitions: 6}}']
    expect((await run(root, 'topics', 'plan', ...more)).out).toMatch(/conversations\.raw +4 +6 {2}grow, with/)
    const { out, err } = await run(root, 'topics', 'apply', '--grow', ...more)
    expect(out).toMatch(/conversations\.raw +4 +6 {2}grown\n/)
    expect(err).toContain('warning: more partitions move keys to other partitions')
  })
})

describe('offsets reset', () => {
  const annotate = ['offsets', 'reset', '--node', 'annotate']

  it('says what it would move, and moves it', async () => {
    const root = await dataFolder()
    const dry = await run(root, ...annotate, '--to-earliest', '--dry-run')
    expect(dry).toMatchObject({ code: 0, err: '' })
    expect(dry.out).toMatch(/\nconversations\.unscored-clean +1 +2 +0 +2 +0 +0\n/)
    expect(dry.out).toContain(
      'outputs of records that are read again are published again, to conversations.annotated\n',
    )
    expect(dry.out).toMatch(/dry run: nothing was moved\n$/)
    const done = await run(root, ...annotate, '--shift-by', '-1', '--partition', '1', '--json')
    expect(JSON.parse(done.out)).toEqual([
      {
        node: 'annotate',
        topic: 'conversations.unscored-clean',
        partition: 1,
        from: '2',
        to: '1',
        again: 1,
        gone: 0,
        clamped: null,
        forgotten: false,
      },
    ])
    const after = await run(root, ...annotate, '--to-offset', '99', '--partition', '1')
    expect(after.out).toContain('partition 1: offset 99 does not exist; 5 is the nearest\n')
    expect(after.out).toMatch(/\nmoved annotate on conversations\.unscored-clean\n$/)
  })

  it('of a seal wants a new version of the dataset', async () => {
    const root = await dataFolder()
    const seal = ['offsets', 'reset', '--node', 'seal-scored', '--to-earliest']
    const refused = await run(root, ...seal)
    expect(refused.code).toBe(2)
    expect(refused.err).toContain('raise datasets.steerlm.seal.version first, then use --force')
    expect((await run(root, ...seal, '--dry-run')).code).toBe(0)
    expect(await run(root, ...seal, '--force')).toMatchObject({
      code: 0,
      out: expect.stringContaining('moved seal-scored') as string,
      err: expect.stringContaining('warning: ') as string,
    })
  })

  it('is refused while a run is at work, except for a look', async () => {
    const root = await dataFolder()
    await mkdir(root, { recursive: true })
    await writeFile(join(root, 'run.lock'), JSON.stringify(await ownIdentity()))
    const refused = await run(root, ...annotate, '--to-latest')
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('STEERFLOW_RUN_ACTIVE')])
    expect((await run(root, ...annotate, '--to-latest', '--dry-run')).code).toBe(0)
  })

  it.each([
    [['--node', 'none', '--to-latest'], 'no node is called none; known: preprocess'],
    [['--node', 'annotate'], 'give exactly one of'],
    [['--node', 'annotate', '--to-latest', '--partition', 'x'], '--partition x'],
    [['--node', 'annotate', '--to-latest', '--partition', '9'], 'has no partition 9'],
  ])('%j is refused', async (argv, message) => {
    const { code, err } = await run(await dataFolder(), 'offsets', 'reset', ...argv)
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })
})
