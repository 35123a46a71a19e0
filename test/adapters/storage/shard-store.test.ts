import { access, appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ownIdentity } from '../../../src/adapters/processes/identity.js'
import { processTable } from '../../../src/adapters/processes/process-table.js'
import { localFolder } from '../../../src/adapters/storage/local-folder.js'
import { openShards } from '../../../src/adapters/storage/shard-store.js'
import { shardLines } from '../../../src/adapters/storage/shard-lines.js'
import { sha256 } from '../../../src/domain/digest.js'
import type { ShardManifest } from '../../../src/domain/shard.js'
import { attributeSetName } from '../../support/training.js'
import { temporaryFolder } from '../../support/temporary.js'

const start = { version: 2, topic: 'conversations.scored', partition: 3, from: 40n }
const train = { dataset: 'd', split: 'train', attributeSet: attributeSetName } as const
const validation = { dataset: 'd', split: 'validation', attributeSet: attributeSetName } as const

async function sealed(root: string): Promise<readonly ShardManifest[]> {
  const cut = await (await openShards(root)).begin(start)
  await cut.append(train, '{"a": "ä"}')
  await cut.append(validation, '{}')
  await cut.append(train, '{"b": 2}')
  expect([cut.records, cut.bytes]).toEqual([3, 24])
  return (await cut.seal(43n)).map(manifest => ({ ...manifest, reason: 'idle' }))
}

async function linesOf(root: string, manifest: ShardManifest): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const batch of shardLines(localFolder(root), manifest)) lines.push(...batch.map(String))
  return lines
}

const left = (root: string) => readdir(join(root, 'spool'), { recursive: true })

describe('local shards', () => {
  it('are sealed under a name of their place and digest, validation before train', async () => {
    const root = await temporaryFolder()
    const [second, first] = await sealed(root)
    const text = '{"a": "ä"}\n{"b": 2}\n'
    expect(first).toEqual({
      dataset: 'd',
      version: 2,
      split: 'train',
      path: `shards/d/train/conversations.scored-3-40-${sha256(text).slice(0, 16)}.jsonl`,
      topic: 'conversations.scored',
      partition: 3,
      from: '40',
      to: '43',
      records: 2,
      bytes: 21,
      sha256: sha256(text),
      attribute_set: attributeSetName,
      reason: 'idle',
    })
    expect(await readFile(join(root, first!.path), 'utf8')).toBe(text)
    expect(second).toMatchObject({ split: 'validation', records: 1 })
    expect(await left(root)).toHaveLength(1)
  })

  it('are the same file when a cut is sealed again', async () => {
    const root = await temporaryFolder()
    expect(await sealed(root)).toEqual(await sealed(root))
    expect(await readdir(join(root, 'shards/d/train'))).toHaveLength(1)
  })

  it('have one file an attribute set', async () => {
    const cut = await (await openShards(await temporaryFolder())).begin(start)
    await cut.append(train, '{}')
    await cut.append({ ...train, attributeSet: 'helpsteer-5@1' }, '{}')
    const manifests = await cut.seal(42n)
    expect(manifests.map(manifest => manifest.attribute_set)).toEqual(['helpsteer-5@1', attributeSetName])
  })

  it('leave nothing when they are dropped', async () => {
    const root = await temporaryFolder()
    const cut = await (await openShards(root)).begin(start)
    await cut.append(train, '{}')
    await cut.drop()
    expect(await left(root)).toHaveLength(1)
    await expect(access(join(root, 'shards'))).rejects.toThrow()
  })

  it('of dead processes are cleaned from the spool at the start, others are not', async () => {
    const root = await temporaryFolder()
    const own = await ownIdentity()
    const space = await processTable.space()
    const name = (started: string) =>
      Buffer.from(JSON.stringify([own.pid, started, own.boot, space])).toString('base64url')
    await mkdir(join(root, 'spool', name('1')), { recursive: true })
    await writeFile(join(root, 'spool', name('1'), 'x'), '')
    await mkdir(join(root, 'spool', 'somebody-else'))
    await mkdir(join(root, 'spool', name(own.started)))
    await openShards(root)
    expect((await left(root)).sort()).toEqual(['somebody-else', name(own.started)].sort())
  })

  it('cannot be written where there is no folder', async () => {
    const root = await temporaryFolder()
    await writeFile(join(root, 'file'), '')
    await expect(openShards(join(root, 'file'))).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
  })

  it('tell that the storage failed, with the cause', async () => {
    const root = await temporaryFolder()
    const cut = await (await openShards(root)).begin(start)
    await cut.append(train, '{}')
    await writeFile(join(root, 'shards'), 'in the way')
    const failure = (await cut.seal(41n).catch((error: unknown) => error)) as Error
    expect(failure).toMatchObject({
      code: 'STEERFLOW_STORAGE',
      message: expect.stringMatching(/^cannot keep shards\/d\/train.* in \//) as string,
    })
    expect(failure.cause).toMatchObject({ code: 'ENOTDIR' })
    await cut.drop()
    expect(await left(root)).toHaveLength(1)
  })
})

describe('shardLines', () => {
  it('gives the lines that were sealed', async () => {
    const root = await temporaryFolder()
    const [, manifest] = await sealed(root)
    expect(await linesOf(root, manifest!)).toEqual(['{"a": "ä"}', '{"b": 2}'])
  })

  it.each([
    ['a line more', async (path: string) => appendFile(path, '{}\n'), /more than 21 bytes/],
    ['a line torn', async (path: string) => writeFile(path, '{"a": "ä"}\n{"b": 2}'), /bytes 20 instead of 21/],
    ['another byte', async (path: string) => writeFile(path, '{"a": "ö"}\n{"b": 2}\n'), /sha256/],
    ['no UTF-8', async (path: string) => writeFile(path, Buffer.alloc(21, 0xff)), /cannot read/],
  ])('refuses %s', async (_, damage, message) => {
    const root = await temporaryFolder()
    const [, manifest] = await sealed(root)
    await damage(join(root, manifest!.path))
    await expect(linesOf(root, manifest!)).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
      message: expect.stringMatching(message) as string,
    })
  })

  it('refuses a shard that is gone', async () => {
    const root = await temporaryFolder()
    const [, manifest] = await sealed(root)
    await expect(linesOf(root, { ...manifest!, path: 'shards/none' })).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
    })
  })
})

describe('a finished shard', () => {
  it('can be read by whom the umask lets', async () => {
    const root = await temporaryFolder()
    const [manifest] = await sealed(root)
    expect((await stat(join(root, manifest!.path))).mode & 0o777).toBe(0o666 & ~process.umask())
  })
})
