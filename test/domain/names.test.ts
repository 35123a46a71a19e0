import fc from 'fast-check'
import { resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isElsewhere, isName, isPathBelow } from '../../src/domain/names.js'
import { JobEvent } from '../../src/domain/job.js'
import { loosen } from '../../src/domain/loose.js'
import { ModelRecord } from '../../src/domain/model.js'
import { DatasetName, ShardEvent } from '../../src/domain/shard.js'
import { anyPath, hostilePaths } from '../support/hostile-names.js'
import { job, manifest, registered } from '../support/training.js'

describe('a path below a folder', () => {
  it.each([
    'a',
    'shards/value-model/train/conversations.labelled-clean-2-195-0123456789abcdef.jsonl',
    'jobs/x-0123-baseline/attempt-1/output/model.json',
    'models/my model (2)/größe.nemo',
    '...',
    '.hidden',
  ])('may be %j', path => expect(isPathBelow(path)).toBe(true))

  it.each(hostilePaths.map(path => [path.slice(0, 60), path]))('is not %j', (_, path) =>
    expect(isPathBelow(path)).toBe(false),
  )

  it('stays below it, whatever it is', () => {
    fc.assert(
      fc.property(anyPath, path => {
        if (!isPathBelow(path)) return
        const whole = resolve('/data/root', path)
        expect(whole).toBe(`/data/root${sep}${path}`)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('a name', () => {
  it.each(['a', '_x', '0', 'value-model-0123456789ab-baseline', 'x.y'])('may be %j', name =>
    expect(isName(name)).toBe(true),
  )
  it.each([...hostilePaths, 'a/b', 'a b', '.a', 'ä'].map(name => [name.slice(0, 60), name]))('is not %j', (_, name) =>
    expect(isName(name)).toBe(false),
  )
  it('of a dataset leaves room for the names of its jobs', () => {
    expect(DatasetName.safeParse('x'.repeat(200)).success).toBe(true)
    expect(DatasetName.safeParse('x'.repeat(201)).success).toBe(false)
  })
})

it('a place elsewhere is a URI or an absolute path, and no path below ours', () => {
  for (const place of ['s3://bucket/a', 'file:///mnt/m', 'hf://nvidia/x', '/mnt/models/x'])
    expect([place, isElsewhere(place), isPathBelow(place)]).toEqual([place, true, false])
  for (const place of ['..', 'a/b', '-x', 'a:\nb', '']) expect(isElsewhere(place)).toBe(false)
})

describe('records', () => {
  const fits = (schema: typeof JobEvent | typeof ShardEvent | typeof ModelRecord, value: object): boolean =>
    loosen(schema as typeof JobEvent).safeParse(value).success

  it('of ours fit', () => {
    expect(fits(JobEvent, job())).toBe(true)
    expect(fits(ModelRecord, registered('a'))).toBe(true)
    expect(fits(ShardEvent, { dataset: 'd', event: 'sealed', at: null, manifest: manifest() })).toBe(true)
  })

  it.each(hostilePaths.map(path => [path.slice(0, 60), path]))('with the path %j do not', (_, path) => {
    expect(fits(JobEvent, job({ job: path }))).toBe(false)
    expect(fits(JobEvent, job({ dataset: path }))).toBe(false)
    expect(fits(JobEvent, job({ folder: path }))).toBe(false)
    expect(fits(JobEvent, job({ snapshot: { ...job().snapshot, path } }))).toBe(false)
    expect(fits(JobEvent, job({ snapshot: { ...job().snapshot, digest: path } }))).toBe(false)
    expect(fits(JobEvent, job({ snapshot: { ...job().snapshot, dataset: path } }))).toBe(false)
    expect(fits(ShardEvent, { dataset: 'd', event: 'sealed', at: null, manifest: { ...manifest(), path } })).toBe(false)
    // Absolute paths and an empty one tell of models elsewhere, which nobody opens.
    if (path !== '' && !isElsewhere(path)) expect(fits(ModelRecord, { ...registered('a'), path })).toBe(false)
  })

  it('name no option of a command as the id of a job', () => {
    expect(fits(JobEvent, job({ launched_as: '--parsable' }))).toBe(false)
    expect(fits(JobEvent, job({ launched_as: '1234' }))).toBe(true)
  })
})
