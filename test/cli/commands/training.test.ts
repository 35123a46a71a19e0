import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import { openShards } from '../../../src/adapters/storage/shard-store.js'
import { readTopic } from '../../../src/cli/read-topic.js'
import type { JobEvent } from '../../../src/domain/job.js'
import { offset } from '../../../src/runtime/log.js'
import { encode } from '../../../src/stages/node.js'
import * as topics from '../../../src/topics.js'
import { attributeSetName, job, metric, registered } from '../../support/training.js'
import { runMain } from '../../support/run-main.js'
import { begunFolder } from '../../support/begun.js'
import { temporaryFolder } from '../../support/temporary.js'

const succeeded: readonly JobEvent[] = [
  job(),
  job({ state: 'launching', attempt: 1, host: 'h', folder: 'jobs/j' }),
  job({ state: 'launched', attempt: 1, host: 'h', folder: 'jobs/j' }),
  job({ state: 'failed', attempt: 1, host: 'h', folder: 'jobs/j', detail: 'exit code 1' }),
]

/** A data folder with one sealed dataset, a job that failed, and a model. */
async function dataFolder() {
  const root = await temporaryFolder()
  const cut = await (
    await openShards(root)
  ).begin({
    version: 1,
    topic: 'conversations.labelled-clean',
    partition: 0,
    from: 0n,
  })
  await cut.append({ dataset: 'value-model', split: 'train', attributeSet: attributeSetName }, '{}')
  const [sealed] = await cut.seal(1n)
  const manifest = { ...sealed!, reason: 'idle' as const }
  const log = await openLog(root)
  await log.ensure(topics.topicSpecs)
  await log.publish([
    encode(topics.shards, { dataset: 'value-model', event: 'sealed', at: null, manifest }),
    ...succeeded.map(event => encode(topics.jobs, event)),
    encode(topics.models, { ...registered('a', [metric(0.41, 0.35)]), path: 'models/a' }),
    encode(topics.models, { ...registered('b', [metric(0.2)]), path: 'models/b' }),
  ])
  for (const model of ['a', 'b']) await mkdir(join(root, 'models', model), { recursive: true })
  await log.close()
  return { root, manifest, job: job().job }
}

async function run(root: string, ...argv: readonly string[]) {
  const { code, out, err } = await runMain([...argv, '--data-dir', root])
  return {
    code,
    out,
    err,
    json: () =>
      out
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>),
  }
}

describe('datasets', () => {
  it('are listed and shown with their decisions', async () => {
    const { root } = await dataFolder()
    expect((await run(root, 'datasets', 'list')).out).toMatch(/^dataset +version.*\nvalue-model +1 +1 +0 +1 /)
    expect((await run(root, 'datasets', 'list', '--json')).json()).toMatchObject([{ dataset: 'value-model', train: 1 }])
    expect((await run(root, 'datasets', 'show', 'value-model')).out).toContain('decisions\n  train: records>=1')
    expect((await run(root, 'datasets', 'show', 'value-model', '--json')).json()[0]).toMatchObject({
      decisions: [{ state: 'requested' }],
    })
  })

  it('that there are not are said so', async () => {
    const root = await begunFolder()
    expect((await run(root, 'datasets', 'list')).out).toBe('no datasets\n')
    const { code, err } = await run(root, 'datasets', 'show', 'none')
    expect([code, err]).toEqual([2, expect.stringContaining('STEERFLOW_USAGE: there is no dataset none')])
  })
})

describe('shards', () => {
  it('are listed with their offsets', async () => {
    const { root, manifest } = await dataFolder()
    expect((await run(root, 'shards', 'list')).out).toContain(`${manifest.path}  `)
    expect((await run(root, 'shards', 'list', '--dataset', 'value-model', '--json')).json()).toEqual([manifest])
    expect((await run(root, 'shards', 'list', '--dataset', 'none')).code).toBe(2)
  })

  it('are verified', async () => {
    const { root, manifest } = await dataFolder()
    expect(await run(root, 'shards', 'verify')).toMatchObject({
      code: 0,
      err: '1 shards are intact, 0 are damaged\n',
    })
    await writeFile(join(root, manifest.path), '[]\n')
    const { code, out } = await run(root, 'shards', 'verify')
    expect([code, out]).toEqual([1, expect.stringContaining('is not what was sealed: sha256')])
    expect((await run(root, 'shards', 'verify', '--json')).json()).toMatchObject([{ path: manifest.path, records: 1 }])
  })
})

describe('shards gc', () => {
  const named = (from: number, letter: string) =>
    `shards/value-model/train/conversations.labelled-clean-0-${from}-${letter.repeat(16)}.jsonl`

  /** A data folder where the seal has committed offset 1 and two cuts have left files, one of which may be committed yet. */
  async function withRests() {
    const folder = await dataFolder()
    const log = await openLog(folder.root)
    await log.publish([{ topic: 'conversations.labelled-clean', key: null, value: Buffer.from('{}'), partition: 0 }])
    const claim = await log.claim('seal-labelled', 'conversations.labelled-clean', 0)
    await claim.commit(claim.committed, offset(1), [])
    await log.close()
    await writeFile(join(folder.root, named(0, 'a')), 'x'.repeat(2048))
    await writeFile(join(folder.root, named(1, 'b')), '')
    return folder
  }
  const left = async (root: string) => (await readdir(join(root, 'shards/value-model/train'))).sort()

  it('says what it would remove, removes it, and keeps what counts or may count', async () => {
    const { root, manifest } = await withRests()
    const dry = await run(root, 'shards', 'gc', '--dry-run')
    expect(dry.out).toBe(`${named(0, 'a')}  2.0 KiB, no manifest\n`)
    expect(dry.err).toContain('1 would be removed, 2.0 KiB; of the rest, 1 are live, 1 may become live')
    expect(await left(root)).toHaveLength(3)
    expect((await run(root, 'shards', 'gc', '--json')).json()).toEqual([
      { path: named(0, 'a'), bytes: 2048, why: 'no manifest' },
    ])
    expect(await left(root)).toEqual([basename(manifest.path), basename(named(1, 'b'))].sort())
    expect((await run(root, 'shards', 'gc')).err).toMatch(/^0 removed/)
  })

  it('keeps files of older dataset versions until it is told otherwise and the trigger has gone past them', async () => {
    const { root, manifest } = await withRests()
    const log = await openLog(root)
    const newer = { ...manifest, version: 2, path: named(0, 'c') }
    await writeFile(join(root, newer.path), '{}\n')
    await log.publish([encode(topics.shards, { dataset: 'value-model', event: 'sealed', at: null, manifest: newer })])
    expect((await run(root, 'shards', 'gc')).err).toContain('1 belong to older dataset versions')
    expect((await run(root, 'shards', 'gc', '--older-versions')).out).toBe('')
    for (const { partition, end } of await log.state(topics.shards.name)) {
      const claim = await log.claim('trigger', topics.shards.name, partition)
      await claim.commit(claim.committed, end, [])
    }
    await log.close()
    expect((await run(root, 'shards', 'gc', '--older-versions')).out).toBe(`${manifest.path}  3 B, older version\n`)
    expect(await left(root)).toEqual([basename(newer.path), basename(named(1, 'b'))])
  })
})

describe('jobs', () => {
  it('are listed in their last state', async () => {
    const { root, job } = await dataFolder()
    expect((await run(root, 'jobs', 'list')).out).toMatch(
      new RegExp(`\\n${job} +failed +1 +baseline \\(exec\\) +\\S.* +exit code 1`),
    )
    expect((await run(root, 'jobs', 'list', '--json')).json()).toMatchObject([{ job, state: 'failed' }])
  })

  it('are shown with their steps and the end of their log', async () => {
    const { root, job } = await dataFolder()
    await mkdir(join(root, 'jobs', job, 'attempt-1'), { recursive: true })
    await writeFile(join(root, 'jobs', job, 'attempt-1', 'log'), 'out of memory\n')
    const { out } = await run(root, 'jobs', 'show', job)
    const steps = out.replaceAll(/^  \d{4}-\d\d-\d\dT\S+Z/gm, ' ')
    expect(steps).toContain('   launching 1  h\n   launched 1  h\n   failed 1  h  exit code 1\nlog\nout of memory\n')
    const [shown] = (await run(root, 'jobs', 'show', job, '--json')).json()
    expect(shown).toMatchObject({ state: 'failed', log: 'out of memory\n' })
    expect((await run(root, 'jobs', 'show', 'none')).code).toBe(2)
  })

  it('are asked for again, once, when they failed', async () => {
    const { root, job } = await dataFolder()
    expect((await run(root, 'jobs', 'retry', job)).out).toBe(`requested ${job}, attempt 2\n`)
    expect((await run(root, 'jobs', 'retry', job)).code).toBe(2)
    const log = await openLog(root)
    const events = await readTopic(log, topics.jobs)
    await log.close()
    expect(events.at(-1)).toMatchObject({ job, state: 'requested', attempt: 1, detail: null })
  })

  it('are listed by dataset and state, with the time at which they were asked for', async () => {
    const { root, job } = await dataFolder()
    const listed = async (...flags: string[]) => (await run(root, 'jobs', 'list', ...flags)).out
    expect(await listed('--state', 'failed', '--dataset', 'value-model')).toContain(job)
    expect(await listed('--state', 'running')).toBe('no jobs\n')
    expect(await listed('--dataset', 'steerlm')).toBe('no jobs\n')
    const [{ at, since }] = JSON.parse(`[${(await listed('--json')).trim()}]`) as [{ at: string; since: string }]
    expect(Date.parse(since)).toBeLessThanOrEqual(Date.parse(at))
    expect((await run(root, 'jobs', 'list', '--state', 'lost')).code).toBe(2)
  })

  it('that were refused are asked for by a person only, on record, and the trigger is told', async () => {
    const { root } = await dataFolder()
    const against = [{ rule: 'validation', value: 0, threshold: 1, held: false }]
    const decision = { train: false, rule: 'validation>=1', values: { records: 1, new: 1 }, gates: against }
    const refused = job({ job: 'refused-one', state: 'refused', decision })
    const log = await openLog(root)
    await log.publish([encode(topics.jobs, refused)])
    await log.close()
    expect((await run(root, 'jobs', 'list', '--state', 'refused')).out).toContain(' validation>=1\n')
    const plain = await run(root, 'jobs', 'retry', 'refused-one')
    expect([plain.code, plain.err]).toEqual([2, expect.stringContaining('was refused: validation>=1; --force')])
    const forced = await run(root, 'jobs', 'retry', 'refused-one', '--force')
    expect(forced.out).toBe('requested refused-one against validation>=1, attempt 1\n')
    expect((await run(root, 'jobs', 'retry', 'refused-one', '--force')).code).toBe(2)

    const { out } = await run(root, 'jobs', 'show', 'refused-one')
    expect(out).toContain('train, by a person: overruled: validation>=1 (records=1, new=1) → refused-one\n')
    expect(out).toContain('  AGAINST  validation>=1  0\n')
    const after = await openLog(root)
    expect((await readTopic(after, topics.jobs)).at(-1)).toMatchObject({ state: 'requested', attempt: 0 })
    expect((await readTopic(after, topics.shards)).at(-1)).toMatchObject({ event: 'overruled' })
    await after.close()
  })

  it('are followed until they have ended', async () => {
    const { root, job } = await dataFolder()
    expect((await run(root, 'jobs', 'show', job, '--follow')).out).toContain('failed 1  h  exit code 1\n')
  })

  it('are cancelled only while they run', async () => {
    const { root, job } = await dataFolder()
    expect(await run(root, 'jobs', 'cancel', job)).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${job} is failed: nothing to cancel`) as string,
    })
  })
})

describe('a job that was only asked for', () => {
  it('is cancelled on record, and asked for again', async () => {
    const { root, job } = await dataFolder()
    const gone = /snapshot of .*datasets\/value-model\/d+ is not in .*: removed by its keep rule/
    expect((await run(root, 'jobs', 'retry', job)).err).toMatch(gone)
    expect((await run(root, 'jobs', 'show', job)).out).toMatch(/\nsnapshot {2}datasets\/.* \(no longer here\)\n/)
    expect((await run(root, 'jobs', 'cancel', job)).out).toBe(`cancelled ${job}, attempt 1\n`)
    const [shown] = (await run(root, 'jobs', 'show', job, '--json')).json()
    expect(shown).toMatchObject({ state: 'cancelled', detail: 'cancelled before it was launched' })
    expect((await run(root, 'jobs', 'retry', job)).code).toBe(0)
  })
})

const nameOf = (letter: string) => `value-model-${letter.repeat(12)}`

describe('models', () => {
  it('are listed with their figures beside those of length alone', async () => {
    const { root } = await dataFolder()
    expect((await run(root, 'models', 'list')).out).toMatch(
      /\nvalue-model-a+ +value +registered +baseline +0\.41 +0\.40 +trained by j/,
    )
    expect((await run(root, 'models', 'list', '--json')).json()).toMatchObject([
      { state: 'registered' },
      { state: 'registered' },
    ])
  })

  it('are promoted by name or digest, and rolled back', async () => {
    const { root } = await dataFolder()
    expect((await run(root, 'models', 'promote', nameOf('a'))).out).toBe(`active ${nameOf('a')}\n`)
    expect((await run(root, 'models', 'promote', nameOf('a'))).out).toBe(`${nameOf('a')} is already active\n`)
    const { out } = await run(root, 'models', 'promote', 'b'.repeat(64))
    expect(out).toBe(`active ${nameOf('b')}, in place of ${nameOf('a')}\n`)
    const [back] = (await run(root, 'models', 'rollback', '--json')).json()
    expect(back).toMatchObject({ active: { model: nameOf('a') }, before: { model: nameOf('b') }, changed: true })
    expect((await run(root, 'models', 'list')).out).toMatch(/person: rolled back from value-model-b+\n/)
    const again = await run(root, 'models', 'rollback')
    expect([again.code, again.err]).toEqual([
      2,
      expect.stringContaining(`no model was active before ${nameOf('a')}: there is nothing to go back to`),
    ])
    expect((await run(root, 'models', 'rollback', '--role', 'steerlm')).err).toContain('no model is active')
    expect((await run(root, 'models', 'rollback', '--role', 'other')).code).toBe(2)
    expect((await run(root, 'models', 'promote', 'c')).err).toContain(`no model is called c`)
  })

  it('are neither promoted nor gone back to without their files, unless a server declares them', async () => {
    const { root } = await dataFolder()
    await run(root, 'models', 'promote', nameOf('a'))
    await run(root, 'models', 'promote', nameOf('b'))
    await rm(join(root, 'models/a'), { recursive: true })
    const refusal = {
      code: 2,
      out: '',
      err: expect.stringMatching(
        /model value-model-a+ has no files: models\/a is not in .*: removed by its keep rule.*; these can be promoted: value-model-b+\n/,
      ) as string,
    }
    expect(await run(root, 'models', 'rollback')).toMatchObject(refusal)
    expect(await run(root, 'models', 'promote', nameOf('a'))).toMatchObject(refusal)
    expect((await run(root, 'models', 'list')).out).toMatch(/value-model-a+ +value +retired, no files/)
    const declares = ['--set', `annotate.endpoints=[{url: "http://127.0.0.1:8", model: ${nameOf('a')}}]`]
    expect((await run(root, 'models', 'rollback', ...declares)).code).toBe(0)
    await rm(join(root, 'models/b'), { recursive: true })
    expect((await run(root, 'models', 'promote', nameOf('b'))).err).toContain('no model of its role has its files')
  })

  it('are promoted and rolled back with a word where servers do not say what they serve', async () => {
    const { root } = await dataFolder()
    const silent = ['--set', `annotate.endpoints=["http://127.0.0.1:9", {url: "http://127.0.0.1:8", model: x}]`]
    const note = 'note: 1 of 2 servers of annotate declare no model'
    expect((await run(root, 'models', 'promote', nameOf('a'))).err).toBe('')
    expect(await run(root, 'models', 'promote', nameOf('b'), ...silent)).toMatchObject({
      code: 0,
      err: expect.stringContaining(note) as string,
    })
    expect((await run(root, 'models', 'rollback', ...silent)).err).toContain(note)
  })
})
