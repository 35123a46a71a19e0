import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ConfigResourceTypes } from '../../../src/adapters/log/kafka/kafkajs.js'
import { thisWorker } from '../../../src/adapters/processes/worker.js'
import { type Assignee, type Log, offset } from '../../../src/runtime/log.js'
import { deployed } from '../../support/kafka/cli.js'

const topic = 'conversations.unscored-clean'
const publish = (log: Log, count: number, partition = 0): Promise<void> =>
  log.publish(Array.from({ length: count }, () => ({ topic, partition, key: null, value: Buffer.from('{}') })))

/** What `annotate` has read of the first partition, committed as a run would. */
async function commit(log: Log, to: number): Promise<void> {
  const claim = await log.claim('annotate', topic, 0)
  await claim.commit(claim.committed, offset(to), [])
  await claim.release()
}

const committed = async (log: Log): Promise<bigint | undefined> => (await log.committed('annotate', topic)).get(0)

/** Takes what it is given and does nothing with it. */
const idle: Assignee = {
  assigned: () => undefined,
  lost: () => undefined,
  revoked: async () => undefined,
  failed: () => undefined,
}

test('topics are planned, made, grown only on demand, and their drift is told and left alone', async () => {
  const { run, json, admin, namespace } = await deployed()
  const planned = await run('topics', 'plan')
  expect(planned).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nprogress +- +1 {2}create\n$/) as string })
  // A namespace that is mistyped is told so by whoever looks or changes, and is not made.
  for (const words of [
    ['status'],
    ['tap', 'models'],
    ['models', 'list'],
    ['forget', '--tree', 'x'],
    ['dead-letters', 'list'],
  ]) {
    expect(await run(...words)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/STEERFLOW_DATA_ABSENT: there is no topic in the namespace /) as string,
    })
  }
  expect((await (await admin()).listTopics()).filter(name => name.startsWith(namespace))).toEqual([])

  expect(await run('topics', 'apply')).toMatchObject({ code: 0 })
  expect((await run('topics', 'plan')).stdout).toMatch(/\nnothing to do\n$/)

  const more = ['--set', 'topics={conversations.raw: {partitions: 6}}']
  const partitions = async () =>
    (await json('topics', 'plan', ...more)) as { topic: string; now: number; action: string; drift: unknown[] }[]
  expect(await run('status', ...more)).toMatchObject({ code: 0 })
  expect(await run('topics', 'apply', ...more)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/conversations\.raw +4 +6 {2}not grown: see --grow/) as string,
  })
  expect((await partitions())[0]).toMatchObject({ now: 4, action: 'grow' })
  expect((await run('topics', 'apply', '--grow', ...more)).stderr).toContain('the order of a key holds only')
  expect((await partitions())[0]).toMatchObject({ now: 6, action: 'none' })

  await (
    await admin()
  ).alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name: `${namespace}.conversations.raw`,
        configEntries: [
          { name: 'retention.ms', value: '604800000' },
          { name: 'max.message.bytes', value: '1000000' },
        ],
      },
    ],
  })
  const drifted = [
    { setting: 'partitions', is: '6', wanted: '4' },
    { setting: 'retention.ms', is: '604800000', wanted: '-1' },
    { setting: 'max.message.bytes', is: '1000000' },
  ]
  await expect.poll(() => json('topics', 'plan')).toMatchObject({ 0: { drift: drifted } })
  expect((await run('topics', 'apply', '--grow')).stdout).toContain(
    'drift: conversations.raw: retention.ms is 604800000',
  )
  expect(await json('topics', 'plan')).toMatchObject({ 0: { now: 6, drift: drifted } })
})

describe('offsets reset', () => {
  test('moves offsets in each of its ways, and fences whoever has the partition', async () => {
    const { run, json, open } = await deployed()
    const log = await open()
    await publish(log, 4)
    await sleep(50)
    const between = new Date().toISOString()
    await sleep(50)
    await publish(log, 6)
    const { end } = (await log.state(topic))[0]!
    const reset = (...to: string[]) =>
      json('offsets', 'reset', '--node', 'annotate', '--partition', '0', ...to) as Promise<
        { from: string; to: string }[]
      >

    await commit(log, 7)
    const holder = await log.claim('annotate', topic, 0)
    expect(await reset('--to-earliest', '--dry-run')).toMatchObject([{ from: '7', to: '0', again: 7 }])
    expect(await committed(log)).toBe(7n)
    expect(await reset('--to-earliest')).toMatchObject([{ from: '7', to: '0', again: 7, clamped: null }])
    await expect(holder.commit(offset(7), offset(8), [])).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
    expect(await committed(log)).toBe(0n)

    expect(await reset('--to-latest')).toMatchObject([{ from: '0', to: String(end) }])
    const [atTime] = await reset('--to-datetime', between)
    expect((await log.read(topic, 0, offset(atTime!.to), { records: 99, bytes: 1 << 20 })).records).toHaveLength(6)
    expect(await reset('--to-offset', '2')).toMatchObject([{ from: atTime!.to, to: '2' }])
    expect(await reset('--shift-by', '1')).toMatchObject([{ from: '2', to: '3' }])
    expect(await reset('--shift-by', '-9')).toMatchObject([{ from: '3', to: '0', clamped: '-6' }])
    expect(await committed(log)).toBe(0n)
    expect(await run('offsets', 'reset', '--node', 'seal-scored', '--to-earliest')).toMatchObject({ code: 2 })
  })

  test('is refused while the node is at work somewhere, and status tells where', async () => {
    const { run, json, open } = await deployed()
    const log = await open()
    await publish(log, 3)
    const membership = await log.join('annotate', topic, idle)
    await expect
      .poll(async () => (await log.admin!.members('annotate')).flatMap(({ partitions }) => partitions))
      .toHaveLength(4)
    const refused = await run('offsets', 'reset', '--node', 'annotate', '--to-latest')
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('STEERFLOW_GROUP_ACTIVE') as string })
    expect(await run('offsets', 'reset', '--node', 'annotate', '--to-latest', '--dry-run')).toMatchObject({ code: 0 })
    const rows = (await json('status')) as { node: string; members: number; owner: string | null }[]
    const row = rows.filter(({ node }) => node === 'annotate')[0]!
    expect(row).toMatchObject({
      members: 1,
      owner: expect.stringMatching(`^${thisWorker().worker}@`) as string,
      behind: 3,
      held: 0,
    })
    expect((await run('status')).stdout).toMatch(/\nannotate .* behind +1\n/)
    // The rest of the pipeline may go on.
    const others = await log.join('clean-unscored', 'conversations.unscored', idle)
    await expect.poll(async () => (await log.admin!.members('clean-unscored')).length).toBe(1)
    await membership.leave()
    expect(await run('offsets', 'reset', '--node', 'annotate', '--to-latest')).toMatchObject({ code: 0 })
    await others.leave()
  })

  test('sets a group on its feet whose offset the brokers have forgotten', async () => {
    const { run, json, open, admin, namespace } = await deployed()
    const log = await open()
    await publish(log, 5)
    await commit(log, 3)
    await (await admin()).deleteGroups([`${namespace}.annotate`])
    await expect(log.claim('annotate', topic, 0)).rejects.toMatchObject({ code: 'STEERFLOW_OFFSET_LOST' })
    const rows = (await json('status')) as { node: string; state: string }[]
    expect(rows.filter(({ node }) => node === 'annotate').map(({ state }) => state)).toContain('lost')
    const ill = await run('doctor')
    expect(ill).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/\noffsets +fail .*deleted the committed offset of annotate/) as string,
    })

    const reset = ['offsets', 'reset', '--node', 'annotate']
    expect(await run(...reset, '--shift-by', '0')).toMatchObject({ code: 2 })
    expect(await json(...reset, '--to-offset', '3')).toMatchObject([
      { from: null, to: '3', forgotten: true },
      {},
      {},
      {},
    ])
    const claim = await log.claim('annotate', topic, 0)
    expect(claim.committed).toBe(3n)
    expect((await claim.read({ records: 9, bytes: 1 << 20 }, 5000)).records).toHaveLength(2)
    await claim.release()
    expect(await run('doctor')).toMatchObject({ code: 0 })
  })

  test('sets a group on its feet whose records are gone', async () => {
    const { json, open, admin, namespace } = await deployed()
    const log = await open()
    await publish(log, 5)
    await commit(log, 1)
    const other = await admin()
    const brokerTopic = `${namespace}.${topic}`
    await other.fetchTopicOffsets(brokerTopic)
    await other.deleteTopicRecords({ topic: brokerTopic, partitions: [{ partition: 0, offset: '4' }] })
    const rows = (await json('status')) as { node: string }[]
    expect(rows.filter(({ node }) => node === 'annotate')[0]).toMatchObject({ state: 'lost', gone: 3 })
    const limits = { records: 9, bytes: 1 << 20 }
    const lost = await log.claim('annotate', topic, 0)
    await expect(lost.read(limits, 5000)).rejects.toMatchObject({ code: 'STEERFLOW_OFFSET_LOST' })
    expect(await json('offsets', 'reset', '--node', 'annotate', '--to-earliest', '--partition', '0')).toMatchObject([
      { from: '1', to: '4', gone: 3, again: 0 },
    ])
    const claim = await log.claim('annotate', topic, 0)
    expect((await claim.read(limits, 5000)).records).toHaveLength(1)
  })
})

test('the doctor looks at the brokers, and sees when they delete what is unread', async () => {
  const { json, run, open, admin, namespace } = await deployed()
  const log = await open()
  expect(await json('doctor')).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({ check: 'brokers', state: 'ok' }),
      expect.objectContaining({ check: 'transactions', state: 'ok', detail: 'transaction.version is 2' }),
      expect.objectContaining({ check: 'topics', state: 'ok' }),
      expect.objectContaining({ check: 'retention', state: 'ok' }),
      expect.objectContaining({ check: 'clock', state: 'ok' }),
    ]) as object,
  )
  await publish(log, 3)
  await commit(log, 1)
  const brokerSide = (name: string, ms: number) => ({
    type: ConfigResourceTypes.TOPIC,
    name: `${namespace}.${name}`,
    configEntries: [{ name: 'retention.ms', value: String(ms) }],
  })
  // A seal keeps its cut open for 300 seconds; what annotate has not read goes within a second or two.
  const resources = [brokerSide('conversations.scored', 60_000), brokerSide(topic, 1000)]
  await (await admin()).alterConfigs({ validateOnly: false, resources })
  await expect.poll(async () => (await log.state(topic))[0]!.start).toBeGreaterThan(1n)
  const ill = await run('doctor')
  expect(ill.code).toBe(1)
  expect(ill.stdout).toMatch(/\noffsets +fail +annotate has lost \d offsets of partition 0\n +→ See steerflow offsets/)
  expect(ill.stdout).toMatch(/\nretention +fail .*conversations\.scored for 60 s, but a cut stays open for 5 min/)
  expect(ill.stdout).toMatch(/\ntopics +warn .*retention\.ms is 60000, not -1/)
})
