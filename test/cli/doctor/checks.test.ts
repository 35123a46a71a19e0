import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  brokersReachable,
  offsetsKept,
  transactionsOf,
  replicationOf,
  topicsAsDeclared,
  partitionsFor,
  clockOf,
  newestTimes,
  logBudget,
} from '../../../src/cli/doctor/log.js'
import { examine, fail, type Finding, ok, together, warn } from '../../../src/cli/doctor/check.js'
import { EndpointEntries } from '../../../src/adapters/inference/endpoints/entry.js'
import { connectProblem, endpointsReachable, registryReachable } from '../../../src/cli/doctor/servers.js'
import { diskRoom, nodeVersion } from '../../../src/cli/doctor/machine.js'
import { offsetsThere, type Reading, readings, retentionOf } from '../../../src/cli/doctor/reading.js'
import { tokenizerFits } from '../../../src/cli/doctor/contradictions.js'
import { shippedTokenizer } from '../../../src/cli/run/capabilities.js'
import { controlTokens, extraIdTokens } from '../../../src/domain/prompt-tokens.js'
import { SteerflowError } from '../../../src/domain/errors.js'
import { pipeline } from '../../../src/pipeline.js'
import type { ClusterFacts } from '../../../src/runtime/log-admin.js'
import { type Log, offset } from '../../../src/runtime/log.js'
import { testLog } from '../../support/pipelines.js'
import { temporaryFolder } from '../../support/temporary.js'

const gib = 2 ** 30
const hour = 3_600_000

/** Checks a finding's state and some of its text; whatever is not in order says what to do. */
function expectFinding(found: Finding, state: Finding['state'], text = ''): void {
  expect(found.state).toBe(state)
  expect(found.detail).toContain(text)
  if (state === 'ok') expect(found.todo).toBeNull()
  else expect(found.todo).toMatch(/^[A-Z].*\.$/)
}

describe('checks', () => {
  it('are made in turn; one that throws has failed with what to do', async () => {
    const checks = [
      { name: 'a', look: () => ok('fine') },
      { name: 'b', look: () => Promise.reject(new SteerflowError('STEERFLOW_OUTAGE', 'nobody')) },
    ]
    expect(await examine(checks)).toMatchObject([
      { check: 'a', state: 'ok' },
      {
        check: 'b',
        state: 'fail',
        detail: 'STEERFLOW_OUTAGE: nobody',
        todo: expect.stringContaining('Start a server') as string,
      },
    ])
  })

  it('together are as bad as the worst', () => {
    expect(together([ok('a')], 'all')).toEqual(ok('all'))
    expect(together([ok('a'), warn('b', 'B.'), fail('c', 'C.'), warn('d', 'B.')], '')).toEqual(fail('b; c; d', 'B. C.'))
  })
})

describe('the machine', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['24.1.0', 'ok'],
    ['20.18.9', 'fail'],
    ['18.20.0', 'fail'],
  ] as const)('Node.js %s: %s', (version, state) => expectFinding(nodeVersion(version), state, version))

  it.each([
    [50 * gib, 'ok', '50.0 GiB'],
    [2 * gib, 'warn', '2.0 GiB'],
    [2 ** 20, 'fail', '1.0 MiB'],
  ] as const)('%d bytes free: %s', async (free, state, text) =>
    expectFinding(await diskRoom('/data', async () => free), state, text),
  )

  it('a folder that is not there yet is on the disk of the one above', async () => {
    expect((await diskRoom(join(await temporaryFolder(), 'a', 'b'))).detail).toContain('free on the disk')
  })

  it('the tokenizer can be read, or not', async () => {
    const folder = await temporaryFolder()
    const files = {
      empty: '',
      'tokenizer.json': '{"version": "1.0"}',
      pointer: 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
      tiktoken: 'IQ== 0\nIg== 1\n',
      page: '<!doctype html>',
      noise: '\x01\x02\x03',
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    const of = (name: string) => tokenizerFits(join(folder, name), extraIdTokens)
    for (const tokens of [extraIdTokens, controlTokens])
      expectFinding(await tokenizerFits(shippedTokenizer, tokens), 'ok')
    const json = (name: string, tokens = extraIdTokens) =>
      tokenizerFits(`test/golden/data/tokenizers/${name}.json`, tokens)
    expectFinding(await json('nemotron'), 'ok')
    expectFinding(await json('llama3', controlTokens), 'ok')
    expectFinding(await json('llama3'), 'warn', 'spells the prompt tokens in 9, 9 and 9 tokens')
    expectFinding(await of('empty'), 'fail', 'it is empty')
    expectFinding(await of('none'), 'fail', 'ENOENT')
    expectFinding(await of('tokenizer.json'), 'fail', 'it is JSON')
    expectFinding(await of('pointer'), 'fail', 'git lfs pull')
    expectFinding(await of('tiktoken'), 'fail', 'it is a tiktoken file')
    expectFinding(await of('page'), 'fail', 'a page of HTML')
    expectFinding(await of('noise'), 'fail', 'is neither a SentencePiece model nor a tokenizer.json')
  })

  it('the prompt tokens are those that a mask can be made with', async () => {
    const same = { system: 'a', turn: 'a', label: 'a' }
    expectFinding(await tokenizerFits(shippedTokenizer, same), 'fail', 'does not work with the prompt tokens')
  })
})

describe('servers', () => {
  const connect = async (url: string): Promise<string | null> => (url.includes('lost') ? 'ECONNREFUSED' : null)

  it.each([
    [[], 'fail', 'no server'],
    [['http://a'], 'ok', '1 reached'],
    [['http://a', 'http://lost'], 'warn', 'http://lost: ECONNREFUSED'],
    [['http://lost'], 'fail', 'none can be reached'],
    [['http://bob:s3cret@lost'], 'fail', 'http://lost: ECONNREFUSED'],
  ] as const)('%j: %s', async (urls, state, text) => {
    const found = await endpointsReachable({ entries: EndpointEntries.parse(urls), file: null }, connect)
    expectFinding(found, state, text)
    expect(found.detail).not.toContain('s3cret')
  })

  it('of every source are looked at', async () => {
    const file = join(await temporaryFolder(), 'servers.yaml')
    await writeFile(file, '- http://lost\n- dns: http://localhost:9\n')
    const found = await endpointsReachable({ entries: EndpointEntries.parse(['http://a']), file }, connect)
    expectFinding(found, 'warn', 'http://lost: ECONNREFUSED')
    await writeFile(file, '- dns: http://name.invalid:9\n')
    expectFinding(await endpointsReachable({ entries: [], file }, connect), 'fail', 'name.invalid:9: ')
    expectFinding(await endpointsReachable(null), 'ok', 'none configured')
  })

  it('are connected to', async () => {
    const server = createServer((request, response) => {
      if (request.headers.authorization === 'Basic dTpw') response.end('["a-value"]')
      else response.writeHead(401).end()
    }).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await connectProblem(url)).toBeNull()
    expectFinding(await registryReachable({ url, username: 'u', password: 'p' }), 'ok', 'has 1 subjects')
    expectFinding(await registryReachable({ url }), 'fail', 'answered 401')
    await new Promise(resolve => server.close(resolve))
    expect(await connectProblem(url)).toBe('ECONNREFUSED')
    expectFinding(await registryReachable({ url }), 'fail', 'ECONNREFUSED')
    expectFinding(await registryReachable({ url: '' }), 'ok', 'none configured')
  })
})

describe('the log', () => {
  it.each([
    [1, null, 'ok'],
    [10, 100, 'ok'],
    [60, 100, 'warn'],
    [80, 100, 'fail'],
  ] as const)('%d of %s bytes used: %s', (usedBytes, maxBytes, state) =>
    expectFinding(logBudget({ usedBytes, maxBytes }), state),
  )

  it.each([
    [[], 'ok'],
    [[1000, 9000], 'ok'],
    [[14_000], 'ok'],
    [[16_000], 'warn'],
    [[400_000], 'fail'],
  ] as const)('newest records at %j, now 10000: %s', (times, state) => expectFinding(clockOf(times, 10_000), state))

  it('tells when its newest records were published', async () => {
    const log = await testLog(['a', 'b'])
    await log.publish(
      [1, 2].map(partition => ({ topic: 'a', partition: partition - 1, key: null, value: Buffer.alloc(1) })),
    )
    const times = await newestTimes(log, ['a', 'b'])
    expect(times).toHaveLength(2)
    expectFinding(clockOf(times, Date.now()), 'ok')
  })

  it.each([
    [{ partitions: 4, concurrency: 64, window: 256 }, true, 'ok', 'at most 4 processes'],
    [{ partitions: 1, concurrency: 64, window: 256 }, true, 'warn', 'a second process would be idle'],
    [{ partitions: 1, concurrency: 64, window: 256 }, false, 'ok', ''],
    [{ partitions: 1, concurrency: 300, window: 256 }, false, 'warn', '1 partitions allow only 256'],
  ] as const)('%j, shared %s: %s', (figures, shared, state, text) =>
    expectFinding(partitionsFor({ topic: 't', ...figures }, shared), state, text),
  )
})

const facts = (changed: Partial<ClusterFacts>): ClusterFacts => ({
  brokers: [{ address: 'a:9092', problem: null }],
  transactionVersion: 2,
  offsetsRetentionMinutes: 10_080,
  ...changed,
})

describe('the cluster', () => {
  const lost = { address: 'b:9092', problem: 'ECONNREFUSED' }

  it('is reached', () => {
    expectFinding(brokersReachable(facts({})), 'ok', '1 of 1')
    expectFinding(brokersReachable(facts({ brokers: [...facts({}).brokers, lost] })), 'warn', '1 of 2')
    expectFinding(brokersReachable(facts({ brokers: [lost] })), 'fail', 'b:9092: ECONNREFUSED')
  })

  it.each([
    [2, 'ok'],
    [1, 'fail'],
    [0, 'fail'],
    [null, 'warn'],
  ] as const)('transaction.version %s: %s', (transactionVersion, state) =>
    expectFinding(transactionsOf(facts({ transactionVersion })), state),
  )

  it.each([
    [10_080, 'ok', '7 days'],
    [1440, 'warn', '1 days'],
    [null, 'warn', ''],
  ] as const)('offsets kept for %s minutes: %s', (offsetsRetentionMinutes, state, text) =>
    expectFinding(offsetsKept(facts({ offsetsRetentionMinutes })), state, text),
  )

  it.each([
    [1, 1, 'warn'],
    [3, 1, 'warn'],
    [3, 2, 'ok'],
    [2, 2, 'warn'],
  ] as const)('%d replicas, %d in sync: %s', (replicas, insync, state) => {
    const settings = new Map([
      ['replication.factor', String(replicas)],
      ['min.insync.replicas', String(insync)],
    ])
    expectFinding(replicationOf([{ name: 'a', partitions: 1, settings }]), state, '1 topics')
  })

  it('has the topics, or not as declared', () => {
    const plan = { topic: 'a', action: 'none', now: 4, wanted: 4, drift: [] } as const
    const drift = [{ setting: 'retention.ms', is: '1', wanted: '-1', why: '' }]
    expectFinding(topicsAsDeclared([plan]), 'ok', '1 topics')
    expectFinding(topicsAsDeclared([{ ...plan, action: 'create', now: null }]), 'warn', 'a is missing')
    expectFinding(topicsAsDeclared([{ ...plan, action: 'grow', now: 2 }]), 'warn', '2 of 4')
    expectFinding(topicsAsDeclared([{ ...plan, drift }]), 'warn', 'retention.ms is 1, not -1')
  })
})

describe('what is still to be read', () => {
  const reading = (changed: Partial<Reading>): Reading => ({
    node: 'n',
    topic: 't',
    partition: 0,
    gone: 0n,
    forgotten: false,
    oldestUnread: null,
    heldMs: 0,
    ...changed,
  })
  const now = 100 * hour

  it.each([
    [{}, 'ok', ''],
    [{ gone: 3n }, 'fail', 'n has lost 3 offsets of partition 0'],
    [{ forgotten: true }, 'fail', 'deleted the committed offset of n'],
  ] as const)('offsets %o: %s', (changed, state, text) => expectFinding(offsetsThere([reading(changed)]), state, text))

  it.each([
    [{}, 10 * hour, 'ok'],
    [{ oldestUnread: now - 50 * hour }, null, 'ok'],
    [{ oldestUnread: now - hour }, 10 * hour, 'ok'],
    [{ oldestUnread: now - 6 * hour }, 10 * hour, 'warn'],
    [{ oldestUnread: now - 9.5 * hour }, 10 * hour, 'fail'],
    [{ heldMs: 6 * hour }, 10 * hour, 'warn'],
    [{ heldMs: 10 * hour }, 10 * hour, 'fail'],
  ] as const)('%j where brokers keep %s ms: %s', (changed, kept, state) =>
    expectFinding(
      retentionOf([reading(changed)], () => kept, now),
      state,
    ),
  )

  it('is found in the log', async () => {
    const annotate = pipeline.filter(({ name }) => name === 'annotate')
    const topic = annotate[0]!.from.name
    const log: Log = await testLog([topic])
    expect(await readings(log, pipeline.slice(0, 1), () => 0)).toEqual([])
    await log.publish([0, 0].map(partition => ({ topic, partition, key: null, value: Buffer.alloc(1) })))
    const claim = await log.claim('annotate', topic, 0)
    await claim.commit(offset(0), offset(1), [])
    const [first, second] = await readings(log, annotate, () => 7)
    expect(first).toMatchObject({ node: 'annotate', partition: 0, gone: 0n, forgotten: false, heldMs: 7 })
    expect(Date.now() - first!.oldestUnread!).toBeLessThan(60_000)
    expect(second!.oldestUnread).toBeNull()
  })
})
