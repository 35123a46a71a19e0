import fc from 'fast-check'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { below, checked, solidBelow } from '../../../src/adapters/storage/below.js'
import { localFolder } from '../../../src/adapters/storage/local-folder.js'
import { s3Bucket } from '../../../src/adapters/storage/s3/bucket.js'
import { S3Settings } from '../../../src/adapters/storage/s3/settings.js'
import { sha256 } from '../../../src/domain/digest.js'
import { anyPath, hostilePaths } from '../../support/hostile-names.js'
import { temporaryFolder } from '../../support/temporary.js'

const outside = { code: 'STEERFLOW_PATH_OUTSIDE' }

let parent: string
let root: string
beforeEach(async () => {
  parent = await temporaryFolder()
  root = join(parent, 'root')
  await mkdir(root)
})

describe('below', () => {
  it('gives paths below the root or refuses, whatever it is given', () => {
    fc.assert(
      fc.property(anyPath, path => {
        let whole: string
        try {
          whole = below('/data/root', path)
        } catch (error) {
          expect(error).toMatchObject(outside)
          return
        }
        expect(relative('/data/root', whole)).toBe(path)
        expect(path).not.toMatch(/(^|\/)\.\.(\/|$)|^\/|\0/)
      }),
      { numRuns: 3000 },
    )
  })

  it.each(hostilePaths.map(path => [path.slice(0, 60), path]))('refuses %j, of parts as well', (_, path) => {
    expect(() => below('/r', path)).toThrow(expect.objectContaining(outside) as Error)
    expect(() => below('/r', 'jobs', path)).toThrow(expect.objectContaining(outside) as Error)
    expect(() => checked(path, 's3://b/')).toThrow(expect.objectContaining(outside) as Error)
  })

  it('quotes what it refuses, and no more of it than is needed', () => {
    const thrown = ((): Error => {
      try {
        below('/r', `\n\x1b[2J${'x'.repeat(5000)}`)
      } catch (error) {
        return error as Error
      }
      throw new Error('it was taken')
    })()
    expect(thrown.message.length).toBeLessThan(300)
    expect(thrown.message).not.toContain('\x1b')
  })
})

describe('solidBelow', () => {
  it('refuses a way over a link that leads out, also one to nothing, and takes one that stays inside', async () => {
    await mkdir(join(root, 'jobs', 'real'), { recursive: true })
    await mkdir(join(parent, 'evil'))
    await symlink(join(parent, 'evil'), join(root, 'jobs', 'out'))
    await symlink(join(parent, 'nothing'), join(root, 'jobs', 'dangling'))
    await symlink(join(root, 'jobs', 'real'), join(root, 'jobs', 'inside'))
    await symlink('loop', join(root, 'jobs', 'loop')).catch(() => undefined)
    await expect(solidBelow(root, 'jobs/out/x')).rejects.toMatchObject(outside)
    await expect(solidBelow(root, 'jobs', 'out')).rejects.toMatchObject(outside)
    await expect(solidBelow(root, 'jobs/dangling')).rejects.toMatchObject(outside)
    await expect(solidBelow(root, 'jobs/loop/x')).rejects.toThrow()
    expect(await solidBelow(root, 'jobs/inside/x')).toBe(join(root, 'jobs/inside/x'))
    expect(await solidBelow(root, 'jobs/new/x/y')).toBe(join(root, 'jobs/new/x/y'))
  })

  it('takes a first folder that an operator has put on another disk', async () => {
    await mkdir(join(parent, 'big', 'steerlm'), { recursive: true })
    await symlink(join(parent, 'big'), join(root, 'datasets'))
    expect(await solidBelow(root, 'datasets/steerlm/x')).toBe(join(root, 'datasets/steerlm/x'))
    await symlink(join(parent), join(parent, 'big', 'steerlm', 'up'))
    await expect(solidBelow(root, 'datasets/steerlm/up/x')).rejects.toMatchObject(outside)
  })
})

describe('a store', () => {
  it('of files reads, writes and removes nothing outside its folder', async () => {
    await writeFile(join(parent, 'secret'), 'secret')
    const store = localFolder(root)
    const spooled = join(parent, 'spooled')
    for (const name of [...hostilePaths, '../secret']) {
      await writeFile(spooled, 'x')
      await expect(store.put(spooled, name, { bytes: 1, sha256: sha256('x') })).rejects.toMatchObject(outside)
      await expect(store.remove(name)).rejects.toMatchObject(outside)
      await expect(store.read(name)[Symbol.asyncIterator]().next()).rejects.toMatchObject(outside)
    }
    await symlink(parent, join(root, 'shards'))
    await mkdir(join(root, 'more'))
    await symlink(parent, join(root, 'more', 'out'))
    await expect(store.remove('more/out/secret')).rejects.toMatchObject(outside)
    await expect(store.put(spooled, 'more/out/x', { bytes: 1, sha256: sha256('x') })).rejects.toMatchObject(outside)
    expect((await readdir(parent)).sort()).toEqual(['root', 'secret', 'spooled'])
  })

  it('of objects asks for none of another prefix', async () => {
    const store = s3Bucket(
      S3Settings.parse({ bucket: 'b', prefix: 'ours', endpoint: 'http://127.0.0.1:9', region: 'x' }),
    )
    for (const name of hostilePaths) {
      await expect(store.put('/nothing', name, { bytes: 1, sha256: '' })).rejects.toMatchObject(outside)
      await expect(store.remove(name)).rejects.toMatchObject(outside)
      expect(() => store.read(name)).toThrow(expect.objectContaining(outside) as Error)
    }
  })
})
